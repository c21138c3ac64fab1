import type { Point } from './placement';

/** What the hand means. Pure: events in, meanings out; `pointer-input.ts` listens to the browser. */
export type Meaning =
  | { readonly kind: 'scroll'; readonly by: number }
  | { readonly kind: 'pan'; readonly by: Point }
  | { readonly kind: 'zoom'; readonly factor: number; readonly at: Point }
  | { readonly kind: 'window-start' }
  | { readonly kind: 'window'; readonly dragX: number; readonly dragY: number }
  | { readonly kind: 'fit' }
  | { readonly kind: 'point'; readonly at: Point }
  | Grip;

/** What the hand does to measurements: draws one or moves its ends instead of scrolling, or touches one. */
export type Grip =
  | { readonly kind: 'tap'; readonly at: Point }
  | { readonly kind: 'grip'; readonly at: Point; readonly isTouch: boolean }
  | { readonly kind: 'grip-move'; readonly at: Point }
  | { readonly kind: 'grip-end'; readonly at: Point }
  | { readonly kind: 'grip-cancel' };

export type Hand =
  | {
      readonly kind: 'down';
      readonly id: number;
      readonly at: Point;
      readonly time: number;
      readonly button: number;
      readonly isTouch: boolean;
      readonly isShifted: boolean;
    }
  | { readonly kind: 'move'; readonly id: number; readonly at: Point }
  | { readonly kind: 'up'; readonly id: number; readonly at: Point; readonly time: number }
  /** The browser took the finger for something of its own. */
  | { readonly kind: 'lost'; readonly id: number }
  | { readonly kind: 'held'; readonly time: number };

/** `two`: two fingers while measuring, of which it is not yet clear whether they scroll or enlarge. */
type Mode = 'idle' | 'pressed' | 'scroll' | 'window' | 'pan' | 'pinch' | 'grip' | 'two' | 'two-scroll';

/** Milliseconds after which a still finger takes hold of the window. */
export const LONG_PRESS = 420;
const DOUBLE_TAP = 320;
/** CSS pixels that a finger may tremble before it counts as moving. */
const SLOP = 8;
const NEAR = 32;

export class Gestures {
  #mode: Mode = 'idle';
  readonly #pointers = new Map<number, Point>();
  /** Where each finger of two came down. */
  readonly #starts = new Map<number, Point>();
  #start: Point = { x: 0, y: 0 };
  #last: Point = { x: 0, y: 0 };
  #rest = 0;
  #tap: { readonly at: Point; readonly time: number } | undefined;
  /** CSS pixels of drag a slice, and the extent that a window drag is measured against. */
  pixelsPerSlice = 8;
  extent = 400;
  /** Whether a press at this place draws; the picture is then scrolled with two fingers. */
  isGripped: (at: Point) => boolean = () => false;

  get mode(): Mode {
    return this.#mode;
  }

  take(hand: Hand): Meaning[] {
    if (hand.kind === 'down') return this.#down(hand);
    if (hand.kind === 'move') return this.#move(hand.id, hand.at);
    if (hand.kind === 'up') return this.#up(hand.id, hand.at, hand.time);
    if (hand.kind === 'lost') return this.#lose(hand.id);
    if (this.#mode !== 'pressed' || this.#pointers.size !== 1) return [];
    this.#mode = 'window';
    this.#start = this.#last;
    // The place held is also read: the finger then drags the window, not the place.
    return [{ kind: 'point', at: this.#start }, { kind: 'window-start' }];
  }

  #down({ id, at, button, isTouch, isShifted }: Extract<Hand, { kind: 'down' }>): Meaning[] {
    this.#pointers.set(id, at);
    if (this.#pointers.size === 2) {
      const wasGripped = this.#mode === 'grip';
      this.#mode = wasGripped ? 'two' : 'pinch';
      this.#tap = undefined;
      for (const [key, place] of this.#pointers) this.#starts.set(key, place);
      return wasGripped ? [{ kind: 'grip-cancel' }] : [];
    }
    if (this.#pointers.size > 2) return [];
    this.#start = at;
    this.#last = at;
    this.#rest = 0;
    if (button === 2) this.#mode = 'window';
    else if (button === 1 || isShifted) this.#mode = 'pan';
    else this.#mode = this.isGripped(at) ? 'grip' : 'pressed';
    if (this.#mode === 'grip') return [{ kind: 'grip', at, isTouch }];
    if (this.#mode === 'window') return [{ kind: 'window-start' }];
    return isTouch ? [] : [{ kind: 'point', at }];
  }

  #move(id: number, at: Point): Meaning[] {
    const before = this.#pointers.get(id);
    if (!before) return [{ kind: 'point', at }];
    this.#pointers.set(id, at);
    if (this.#mode === 'grip') return [{ kind: 'grip-move', at }];
    if (this.#mode === 'two') this.#decide();
    if (this.#mode === 'pinch') return this.#pinch(id, before, at);
    if (this.#mode === 'two-scroll' && this.#pointers.size === 2) return this.#scroll((at.y - before.y) / 2);
    const by = { x: at.x - this.#last.x, y: at.y - this.#last.y };
    if (this.#mode === 'pressed') {
      if (distance(at, this.#start) < SLOP) return [];
      this.#mode = 'scroll';
    }
    this.#last = at;
    if (this.#mode === 'pan') return [{ kind: 'pan', by }];
    if (this.#mode === 'window') {
      const dragX = (at.x - this.#start.x) / this.extent;
      return [{ kind: 'window', dragX, dragY: (at.y - this.#start.y) / this.extent }];
    }
    return this.#mode === 'scroll' ? this.#scroll(by.y) : [];
  }

  #scroll(by: number): Meaning[] {
    this.#rest += by / this.pixelsPerSlice;
    const whole = Math.trunc(this.#rest);
    this.#rest -= whole;
    return whole === 0 ? [] : [{ kind: 'scroll', by: whole }];
  }

  /** Two fingers that go the same way up or down scroll; otherwise they enlarge and move. */
  #decide(): void {
    const moves = [...this.#pointers].map(([id, at]) => {
      const start = this.#starts.get(id) ?? at;
      return { x: at.x - start.x, y: at.y - start.y };
    });
    const [one, other] = moves;
    if (!one || !other) return;
    const far = moves.map(({ x, y }) => Math.hypot(x, y));
    // The browser tells of one finger after the other: one that has moved alone says nothing yet.
    if (Math.min(...far) < SLOP / 2 && Math.max(...far) < 3 * SLOP) return;
    const isUpright = moves.every(({ x, y }) => Math.abs(y) > Math.abs(x));
    this.#mode = isUpright && one.y * other.y > 0 ? 'two-scroll' : 'pinch';
  }

  #pinch(id: number, before: Point, at: Point): Meaning[] {
    const other = [...this.#pointers].find(([key]) => key !== id)?.[1];
    if (!other) return [];
    const factor = distance(at, other) / Math.max(1, distance(before, other));
    const middle = { x: (at.x + other.x) / 2, y: (at.y + other.y) / 2 };
    return [
      { kind: 'pan', by: { x: (at.x - before.x) / 2, y: (at.y - before.y) / 2 } },
      { kind: 'zoom', factor, at: middle },
    ];
  }

  #up(id: number, at: Point, time: number): Meaning[] {
    if (!this.#pointers.delete(id)) return [];
    if (this.#pointers.size > 0) {
      // One finger of a pinch left: the other one shall not start to scroll by surprise.
      return [];
    }
    const wasTap = this.#mode === 'pressed';
    const wasGrip = this.#mode === 'grip';
    this.#mode = 'idle';
    if (wasGrip) return [{ kind: 'grip-end', at }];
    if (!wasTap) {
      this.#tap = undefined;
      return [];
    }
    if (this.#tap && time - this.#tap.time < DOUBLE_TAP && distance(at, this.#tap.at) < NEAR) {
      this.#tap = undefined;
      return [{ kind: 'fit' }];
    }
    this.#tap = { at, time };
    return [
      { kind: 'point', at },
      { kind: 'tap', at },
    ];
  }

  #lose(id: number): Meaning[] {
    const wasGrip = this.#mode === 'grip';
    this.#pointers.delete(id);
    this.#tap = undefined;
    if (this.#pointers.size === 0) this.#mode = 'idle';
    return wasGrip ? [{ kind: 'grip-cancel' }] : [];
  }
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

export function isForHand(meaning: Meaning): meaning is Grip {
  return meaning.kind === 'tap' || meaning.kind.startsWith('grip');
}

/** Slices for a wheel event: a mouse's notch is one slice, a trackpad's small deltas add up to one. */
export class WheelSteps {
  #rest = 0;

  take(delta: number, unit: 'pixel' | 'line' | 'page'): number {
    if (unit === 'page') return Math.sign(delta) * 10;
    const isNotch = unit === 'line' || Math.abs(delta) >= 80;
    if (isNotch) {
      this.#rest = 0;
      return Math.sign(delta) * Math.max(1, Math.round(Math.abs(delta) / (unit === 'line' ? 3 : 120)));
    }
    this.#rest += delta / 24;
    const whole = Math.trunc(this.#rest);
    this.#rest -= whole;
    return whole;
  }
}
