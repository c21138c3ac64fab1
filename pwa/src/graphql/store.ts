import { useEffect, useState } from 'preact/hooks';

/** A value that a view can follow. A new value replaces the old one; nothing is changed in place. */
export class Store<T> {
  #value: T;
  readonly #listeners = new Set<(value: T) => void>();

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const listener of [...this.#listeners]) listener(value);
  }

  update(change: (value: T) => T): void {
    this.set(change(this.#value));
  }

  follow(listener: (value: T) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

export function useStore<T>(store: Store<T>): T {
  const [, redraw] = useState(0);
  useEffect(() => {
    const seen = store.value;
    const leave = store.follow(() => redraw((count) => count + 1));
    if (!Object.is(seen, store.value)) redraw((count) => count + 1);
    return leave;
  }, [store]);
  return store.value;
}
