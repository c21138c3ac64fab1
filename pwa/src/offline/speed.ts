/** Seconds over which the speed is judged: long enough to be steady, short enough to notice a lift. */
const SPAN_SECONDS = 8;

/** How fast bytes go, from what was sent lately. */
export class Speed {
  #samples: { readonly time: number; readonly sent: number }[] = [];

  /** `time` in seconds; `sent` bytes in all so far. */
  note(time: number, sent: number): void {
    this.#samples.push({ time, sent });
    while (this.#samples.length > 2 && time - (this.#samples[0]?.time ?? time) > SPAN_SECONDS) this.#samples.shift();
  }

  reset(): void {
    this.#samples = [];
  }

  /** Bytes a second; undefined until a second was seen. */
  get rate(): number | undefined {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (!first || !last || last.time - first.time < 1) return undefined;
    const rate = (last.sent - first.sent) / (last.time - first.time);
    return rate > 0 ? rate : undefined;
  }
}
