import type { Store } from '../graphql/store';
import { Speed } from './speed';
import type { FileLook, TransferLook } from './transfer-look';

/** Milliseconds between two numbers on the screen: hundreds of progress events a second would only cost. */
const INTERVAL = 120;

interface Count {
  readonly name: string;
  readonly size: number;
  /** Bytes of whole parts that arrived. */
  settled: number;
  /** Bytes of the parts on their way, by part number. */
  readonly flying: Map<number, number>;
}

/** Counts the bytes of one transfer and shows them now and then. */
export class TransferTally {
  readonly #look: Store<TransferLook>;
  readonly #counts = new Map<number, Count>();
  readonly #speed = new Speed();
  #checked = 0;
  #due: ReturnType<typeof setTimeout> | undefined;

  constructor(look: Store<TransferLook>) {
    this.#look = look;
  }

  expect(index: number, name: string, size: number): void {
    this.#counts.set(index, { name, size, settled: this.#counts.get(index)?.settled ?? 0, flying: new Map() });
    this.#showSoon();
  }

  /** So many bytes of a file are with the server. */
  settle(index: number, bytes: number): void {
    const count = this.#counts.get(index);
    if (!count) return;
    count.settled = bytes;
    this.#showSoon();
  }

  check(bytes: number): void {
    this.#checked += bytes;
    this.#showSoon();
  }

  /** Sending begins, or begins anew: speed of before says nothing. */
  start(): void {
    this.#speed.reset();
    // A file that no part is pending of was received before; those that are pending say so themselves.
    for (const count of this.#counts.values()) count.flying.clear();
    this.#showSoon();
  }

  sending(index: number, part: number, bytes: number): void {
    this.#counts.get(index)?.flying.set(part, bytes);
    this.#showSoon();
  }

  sent(index: number, part: number, size: number): void {
    const count = this.#counts.get(index);
    if (!count) return;
    count.flying.delete(part);
    count.settled += size;
    this.#showSoon();
  }

  #showSoon(): void {
    this.#due ??= setTimeout(() => {
      this.#due = undefined;
      this.#show();
    }, INTERVAL);
  }

  #show(): void {
    const files: FileLook[] = [];
    let totalBytes = 0;
    let sentBytes = 0;
    for (const { name, size, settled, flying } of this.#counts.values()) {
      let sent = settled;
      for (const bytes of flying.values()) sent += bytes;
      sent = Math.min(size, sent);
      files.push({ name, size, sent });
      totalBytes += size;
      sentBytes += sent;
    }
    this.#speed.note(performance.now() / 1000, sentBytes);
    this.#look.update((look) => {
      return { ...look, files, totalBytes, sentBytes, checkedBytes: this.#checked, rate: this.#speed.rate };
    });
  }
}
