/** Keeps what was used last, up to a number of bytes; what falls out is handed to `onDrop` once. */
export class BudgetCache<T> {
  readonly budget: number;
  readonly #entries = new Map<string, { readonly value: T; readonly size: number }>();
  readonly #onDrop: (value: T, key: string) => void;
  #used = 0;

  constructor(budget: number, onDrop: (value: T, key: string) => void = () => undefined) {
    this.budget = budget;
    this.#onDrop = onDrop;
  }

  /** Bytes held now. */
  get used(): number {
    return this.#used;
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  /** The value, which counts as used just now. */
  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** The newest is kept even if it is larger than the whole budget: something has to be on the screen. */
  put(key: string, value: T, size: number): void {
    this.#drop(key);
    this.#entries.set(key, { value, size });
    this.#used += size;
    for (const oldest of this.#entries.keys()) {
      if (this.#used <= this.budget || oldest === key) break;
      this.#drop(oldest);
    }
  }

  clear(): void {
    for (const key of [...this.#entries.keys()]) this.#drop(key);
  }

  #drop(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#entries.delete(key);
    this.#used -= entry.size;
    this.#onDrop(entry.value, key);
  }
}
