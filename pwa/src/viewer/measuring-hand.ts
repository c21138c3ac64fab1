import { Store } from '../graphql/store';
import { measuringWords as words } from '../messages/measuring';
import { quantityWords } from '../messages/quantities';
import type { Grip } from './gestures';
import { quantitiesOf } from './measurement';
import { type Point, toImage, toScreen } from './placement';
import { quantityLines } from './quantity-words';
import { distance, endAt, isDrawable, shapeAt, within } from './shape-geometry';
import type { Kind, Measuring, Shape } from './shapes';
import type { StackView } from './stack-view';
import { toImageAxes } from './turning';

/** What is being drawn or moved: not kept yet. */
export interface Draft extends Pick<Shape, 'frameIndex' | 'points'> {
  readonly kind: Kind;
  /** Of the one that is moved; undefined for a new one. */
  readonly key: string | undefined;
  readonly isTouch: boolean;
}

export interface HandLook {
  readonly tool: Kind | undefined;
  readonly draft: Draft | undefined;
  /** The end that a finger holds and that the arrow keys move: 0 or 1. */
  readonly end: number;
}

/** What it must see of the picture, and where it says what it did. */
export type HandView = Pick<StackView, 'look' | 'stack' | 'lossless' | 'say'>;

/** CSS pixels that a press may move and still be a tap. */
const TAP = 6;

/** Draws measurements and moves their ends. What is done is handed on at once; only the draft is held here. */
export class MeasuringHand {
  readonly look = new Store<HandLook>({ tool: undefined, draft: undefined, end: 1 });
  /** As the newest drawing of the viewer has them; undefined where measurements are none of the reader's. */
  measuring: Measuring | undefined;
  readonly #view: HandView;
  #pressed: Point = { x: 0, y: 0 };
  /** From the finger to the end it holds. */
  #grasp: Point = { x: 0, y: 0 };
  #isTap = false;

  constructor(view: HandView) {
    this.#view = view;
  }

  /** Takes up a tool, or puts it down again. */
  choose(kind: Kind): void {
    if (!this.measuring?.mayDraw) return;
    const tool = this.look.value.tool === kind ? undefined : kind;
    this.#set({ tool, draft: undefined });
    this.measuring.onSelect(undefined);
    this.#view.say(tool ? words.takenUp(quantityWords.kinds[kind]) : words.putDown);
  }

  /** Puts down the tool, or lets go what is chosen; false when there was neither. */
  leave(): boolean {
    const { tool, draft } = this.look.value;
    if (!tool && !draft && !this.measuring?.selected) return false;
    this.#set({ tool: undefined, draft: undefined });
    this.measuring?.onSelect(undefined);
    this.#view.say(words.putDown);
    return true;
  }

  /** The one chosen, where it is on the slice on the screen. */
  get selected(): Shape | undefined {
    const key = this.measuring?.selected?.key;
    return key === undefined ? undefined : this.#shapes().find((shape) => shape.key === key);
  }

  isGripping(at: Point): boolean {
    return this.look.value.tool !== undefined || this.#endAt(at) !== undefined;
  }

  take(grip: Grip): void {
    if (grip.kind === 'tap') this.#tap(grip.at);
    else if (grip.kind === 'grip') this.#press(grip.at, grip.isTouch);
    else if (grip.kind === 'grip-move') this.#move(grip.at);
    else if (grip.kind === 'grip-end') this.#end(grip.at);
    else this.#set({ draft: undefined });
  }

  /** One in the middle of the screen, for those who draw with keys; its ends are then moved. */
  drawInMiddle(): void {
    const { tool } = this.look.value;
    if (!tool) return;
    const { screen } = this.#view.look.value;
    const arm = Math.min(screen.width, screen.height) / 8;
    const [x, y] = [screen.width / 2, screen.height / 2];
    const points = [
      this.#onImage({ x: x - arm, y }),
      this.#onImage({ x: x + arm, y: tool === 'LENGTH' ? y : y + arm }),
    ];
    this.#keep({ key: undefined, kind: tool, frameIndex: this.#view.look.value.index, points, isTouch: false });
  }

  /** Moves the end that is on by whole pixels, as the eye sees it. */
  nudge(by: Point): void {
    const shape = this.#changeable();
    if (!shape) return;
    const { placement } = this.#view.look.value;
    const step = toImageAxes(placement.turning, by);
    const { end } = this.look.value;
    const old = shape.points[end];
    if (old)
      this.#keep(withPoint({ ...shape, isTouch: false }, end, this.#inside({ x: old.x + step.x, y: old.y + step.y })));
  }

  otherEnd(): void {
    const end = 1 - this.look.value.end;
    this.#set({ end });
    this.#view.say(end === 0 ? words.firstEnd : words.secondEnd);
  }

  /** The next one on this slice, going round. */
  selectNext(): void {
    const shapes = this.#shapes();
    const at = shapes.findIndex(({ key }) => key === this.measuring?.selected?.key);
    const next = shapes[(at + 1) % shapes.length];
    if (next) this.#select(next);
    else this.#view.say(words.noneHere);
  }

  remove(): void {
    const shape = this.selected;
    if (!shape?.isOwn) return;
    this.measuring?.onDelete(shape.key);
    this.#view.say(words.deletedWhich(quantityWords.kinds[shape.kind]));
  }

  undo(): void {
    if (!this.measuring?.canUndo) return;
    this.measuring.onUndo();
    this.#view.say(words.broughtBack);
  }

  #press(at: Point, isTouch: boolean): void {
    const { index, placement } = this.#view.look.value;
    const { tool } = this.look.value;
    this.#pressed = at;
    this.#isTap = true;
    const held = this.#changeable();
    const end = this.#endAt(at);
    const point = end === undefined ? undefined : held?.points[end];
    if (held && end !== undefined && point) {
      const shown = toScreen(placement, point);
      this.#grasp = { x: shown.x - at.x, y: shown.y - at.y };
      this.#set({ end, draft: { ...held, isTouch } });
    } else if (tool) {
      this.#grasp = { x: 0, y: 0 };
      const start = this.#onImage(at);
      const draft = { key: undefined, kind: tool, frameIndex: index, points: [start, start], isTouch };
      this.#set({ end: 1, draft });
    }
  }

  #move(at: Point): void {
    const { draft, end } = this.look.value;
    if (distance(at, this.#pressed) > TAP) this.#isTap = false;
    if (!draft || this.#isTap) return;
    const to = this.#onImage({ x: at.x + this.#grasp.x, y: at.y + this.#grasp.y });
    this.#set({ draft: withPoint(draft, end, to) });
  }

  #end(at: Point): void {
    this.#move(at);
    const { draft } = this.look.value;
    this.#set({ draft: undefined });
    if (this.#isTap) this.#tap(at);
    else if (draft) this.#keep(draft);
  }

  #tap(at: Point): void {
    if (!this.measuring || this.#endAt(at) !== undefined) return;
    const shape = shapeAt(this.#shapes(), this.#view.look.value.placement, at);
    if (shape) this.#select(shape);
    else if (this.measuring.selected) this.measuring.onSelect(undefined);
  }

  #select(shape: Shape): void {
    this.#set({ end: 1 });
    this.measuring?.onSelect(shape.key);
    const values = [quantityWords.kinds[shape.kind], ...this.#lines(shape)];
    this.#view.say([...values, shape.isOwn ? words.yours : words.by(shape.author)].join(', '));
  }

  #keep(draft: Draft): void {
    const { key, kind, frameIndex, points } = draft;
    if (!isDrawable(draft)) {
      this.#view.say(words.tooSmall(quantityWords.kinds[kind]));
      return;
    }
    const quantities = quantitiesOf(draft, this.#view.stack, this.#view.lossless(frameIndex));
    if (key === undefined) this.measuring?.onDraw({ kind, frameIndex, points, quantities });
    else this.measuring?.onChange(key, points, quantities);
    this.#view.say([quantityWords.kinds[kind], ...quantityLines(quantities)].join(', '));
  }

  #lines(shape: Shape): string[] {
    const { stack } = this.#view;
    return quantityLines(quantitiesOf(shape, stack, this.#view.lossless(shape.frameIndex)));
  }

  #shapes(): Shape[] {
    const { index } = this.#view.look.value;
    return this.measuring?.shapes.filter(({ frameIndex }) => frameIndex === index) ?? [];
  }

  #changeable(): (Shape & { readonly kind: Kind }) | undefined {
    const shape = this.selected;
    if (!shape?.isOwn || !this.measuring?.mayDraw) return undefined;
    const { kind } = shape;
    return kind === 'LENGTH' || kind === 'ELLIPSE' ? { ...shape, kind } : undefined;
  }

  #endAt(at: Point): number | undefined {
    const shape = this.#changeable();
    return shape && endAt(shape, this.#view.look.value.placement, at);
  }

  #onImage(at: Point): Point {
    return this.#inside(toImage(this.#view.look.value.placement, at));
  }

  #inside(point: Point): Point {
    const { columns: width, rows: height } = this.#view.stack;
    return within(point, { width, height });
  }

  #set(change: Partial<HandLook>): void {
    this.look.update((look) => ({ ...look, ...change }));
  }
}

function withPoint(draft: Draft, end: number, point: Point): Draft {
  return { ...draft, points: draft.points.map((old, at) => (at === end ? point : old)) };
}
