import { Store } from '../graphql/store';

/** Slices a second that can be chosen. */
export const RATES = [2, 5, 10, 15, 25] as const;
const USUAL_RATE = 10;
/** More slices than this were missed because nobody looked: the page was hidden, not slow. */
const MOST_MISSED = 5;

export interface CineLook {
  readonly isPlaying: boolean;
  /** Slices a second. */
  readonly rate: number;
}

/** Plays through the slices, round and round, only when asked and until anything else is done. */
export class Cine {
  readonly look: Store<CineLook>;
  readonly #advance: (by: number) => void;
  #due = 0;
  #asked = 0;

  constructor(advance: (by: number) => void) {
    this.#advance = advance;
    const isCalm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    this.look = new Store<CineLook>({ isPlaying: false, rate: isCalm ? RATES[0] : USUAL_RATE });
  }

  play(): void {
    if (this.look.value.isPlaying) return;
    this.look.update((look) => ({ ...look, isPlaying: true }));
    this.#due = performance.now() + this.#interval();
    this.#asked = requestAnimationFrame(this.#tick);
  }

  /** Whether it played. */
  stop(): boolean {
    if (!this.look.value.isPlaying) return false;
    cancelAnimationFrame(this.#asked);
    this.look.update((look) => ({ ...look, isPlaying: false }));
    return true;
  }

  setRate(rate: number): void {
    this.look.update((look) => ({ ...look, rate }));
    this.#due = performance.now() + this.#interval();
  }

  readonly #tick = (now: number): void => {
    const { steps, due } = beat(now, this.#due, this.#interval());
    this.#due = due;
    if (steps > 0) this.#advance(steps);
    this.#asked = requestAnimationFrame(this.#tick);
  };

  #interval(): number {
    return 1000 / this.look.value.rate;
  }
}

/** How many slices to go on at a time, and when the next one is due; all in milliseconds. */
export function beat(now: number, due: number, interval: number): { readonly steps: number; readonly due: number } {
  if (now < due) return { steps: 0, due };
  const steps = Math.floor((now - due) / interval) + 1;
  return steps > MOST_MISSED ? { steps: 1, due: now + interval } : { steps, due: due + steps * interval };
}

/** After the last slice comes the first. */
export function wrapped(index: number, frameCount: number): number {
  return ((index % frameCount) + frameCount) % frameCount;
}
