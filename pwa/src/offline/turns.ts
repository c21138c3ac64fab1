/** Does one thing after the other, in the order they were asked for; what is called off meanwhile loses its turn. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  readonly take = <T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> => {
    const mine = this.#last.then(() => {
      signal.throwIfAborted();
      return work();
    });
    this.#last = mine.catch(() => undefined);
    return mine;
  };
}
