import { Store } from '../graphql/store';
import { Cine, wrapped } from './cine';
import { FrameLoader } from './frame-loader';
import type { Stack } from './frame-source';
import type { Meaning } from './gestures';
import type { Picture } from './picture';
import { clamp, fitInto, type Placement, type Point, panBy, type Size, turnAt, zoomAt } from './placement';
import { type Reading, readingAt, readingWords } from './probe';
import { createRenderer } from './renderer';
import { isSameScene, type Renderer, type Scene } from './scene';
import { rangeWindow, rescaleOf, shadingOf } from './shading';
import { type Turn, type Turning, turned, turningWords, UPRIGHT } from './turning';
import { dragWindow, type VoiWindow } from './window-level';
import { presetsOf, rememberedPreset, rememberPreset } from './windows';

export type Shown = 'nothing' | 'preview' | 'lossless' | 'failed';

export interface Look {
  readonly index: number;
  readonly window: VoiWindow | undefined;
  readonly placement: Placement;
  readonly screen: Size;
  readonly shown: Shown;
  /** Part of the slices that can be shown at once, 0 to 1. */
  readonly ready: number;
  readonly isAdjusting: boolean;
  readonly isInverted: boolean;
  /** What was done last, for those who do not see it. */
  readonly said: string;
  /** Under the pointer. */
  readonly reading: Reading | undefined;
}

const START: Placement = { left: 0, top: 0, scale: 1, aspect: 1, turning: UPRIGHT };
/** Two device pixels a CSS pixel are as sharp as a CT can be; more would only cost. */
const MOST_DENSITY = 2;
/** Milliseconds between two counts of what is ready. */
const COUNT_INTERVAL = 200;

/** What one stack looks like now, and everything that can be done with it. */
export class StackView {
  readonly stack: Stack;
  readonly presets: readonly VoiWindow[];
  readonly look: Store<Look>;
  readonly cine = new Cine((by) => this.#advance(by));
  readonly #loader: FrameLoader;
  #renderer: Renderer | undefined;
  #canvas: HTMLCanvasElement | undefined;
  #direction: 1 | -1 = 1;
  #isFitted = true;
  #dragFrom: VoiWindow | undefined;
  #pointer: Point | undefined;
  #due = 0;
  #drawn: Scene | undefined;
  #counting: ReturnType<typeof setTimeout> | undefined;

  constructor(stack: Stack, index = Math.floor(stack.frameCount / 2)) {
    this.stack = stack;
    this.presets = presetsOf(stack.windows);
    const window = rememberedPreset(this.presets);
    this.look = new Store<Look>({
      index: clamp(index, 0, stack.frameCount - 1),
      window,
      placement: START,
      screen: { width: 0, height: 0 },
      shown: 'nothing',
      ready: 0,
      isAdjusting: false,
      isInverted: false,
      said: '',
      reading: undefined,
    });
    this.#loader = new FrameLoader(stack, this.#hear);
    this.#loader.look(this.look.value.index, 1);
  }

  attach(canvas: HTMLCanvasElement): () => void {
    this.#canvas = canvas;
    this.#renderer = createRenderer(canvas, this.#redraw);
    const watch = new ResizeObserver(() => this.#resize());
    watch.observe(canvas);
    this.#resize();
    return () => {
      this.cine.stop();
      watch.disconnect();
      cancelAnimationFrame(this.#due);
      clearTimeout(this.#counting);
      this.#due = 0;
      this.#drawn = undefined;
      this.#renderer?.close();
      this.#renderer = undefined;
      this.#loader.close();
    };
  }

  take(meaning: Meaning): void {
    const { placement, screen } = this.look.value;
    if (meaning.kind === 'scroll') this.step(meaning.by);
    else if (meaning.kind === 'fit') this.showAll();
    else if (meaning.kind === 'pan') this.#place(panBy(placement, meaning.by, this.#size(), screen));
    else if (meaning.kind === 'zoom') this.zoom(meaning.factor, meaning.at);
    else if (meaning.kind === 'point') this.point(meaning.at);
    else if (meaning.kind === 'window-start') this.#dragFrom = this.look.value.window;
    else if (this.#dragFrom) {
      const window = dragWindow(this.#dragFrom, meaning.dragX, meaning.dragY);
      this.#set({ window, isAdjusting: true });
    }
  }

  step(by: number): void {
    this.go(this.look.value.index + by);
  }

  go(to: number): void {
    this.halt();
    this.#goTo(clamp(Math.round(to), 0, this.stack.frameCount - 1));
  }

  /** Plays through the slices, or stops at this one. */
  play(): void {
    if (this.halt()) return;
    this.cine.play();
    this.#set({ said: `Playing, ${this.cine.look.value.rate} slices a second` });
  }

  /** Whatever the reader does stops the playing. */
  halt(): boolean {
    const played = this.cine.stop();
    if (played) this.#set({ said: `Stopped at slice ${this.look.value.index + 1}` });
    return played;
  }

  /** Always onwards, also from the last slice to the first: what is fetched ahead is what comes. */
  #advance(by: number): void {
    this.#goTo(wrapped(this.look.value.index + by, this.stack.frameCount), 1);
  }

  #goTo(index: number, direction?: 1 | -1): void {
    if (index === this.look.value.index) return;
    this.#direction = direction ?? (index > this.look.value.index ? 1 : -1);
    this.#set({ index });
    this.#loader.look(index, this.#direction);
  }

  choose(window: VoiWindow): void {
    rememberPreset(window);
    this.#set({ window });
  }

  zoom(factor: number, at?: Point): void {
    const { placement, screen } = this.look.value;
    const middle = { x: screen.width / 2, y: screen.height / 2 };
    this.#place(zoomAt(placement, factor, at ?? middle, this.#fitted()));
  }

  showAll(): void {
    this.#isFitted = true;
    this.#set({ placement: this.#fitted() });
  }

  invert(): void {
    const isInverted = !this.look.value.isInverted;
    this.#set({ isInverted, said: isInverted ? 'Inverted' : 'Not inverted' });
  }

  /** As the eye sees it, about the middle of the screen; a picture that was fitted stays fitted. */
  turn(turn: Turn): void {
    const { placement, screen } = this.look.value;
    const turning = turned(placement.turning, turn);
    const middle = { x: screen.width / 2, y: screen.height / 2 };
    const now = this.#isFitted ? this.#fitted(turning) : turnAt(placement, turning, middle);
    this.#set({ placement: now, said: `Picture ${turningWords(turning) || 'as scanned'}` });
  }

  /** As the stack opened, but on the same slice. */
  reset(): void {
    this.#isFitted = true;
    const window = rememberedPreset(this.presets);
    this.#set({ placement: this.#fitted(UPRIGHT), isInverted: false, window, said: 'Reset' });
  }

  point(at: Point | undefined): void {
    this.#pointer = at;
    this.#set({});
  }

  /** For those who have no pointer: what lies in the middle, also said. */
  probeMiddle(): void {
    const { width, height } = this.look.value.screen;
    this.point({ x: width / 2, y: height / 2 });
    const reading = this.#read();
    this.#set({ said: reading ? `In the middle ${readingWords(reading, this.stack.unit)}` : 'No value in the middle' });
  }

  release(): void {
    this.#dragFrom = undefined;
    if (this.look.value.isAdjusting) this.#set({ isAdjusting: false });
  }

  retry(): void {
    this.#loader.retry();
  }

  /** Another slice than the one on the screen only moves the count of what is ready; that can wait a moment. */
  readonly #hear = (index: number | undefined): void => {
    if (index === undefined || index === this.look.value.index) this.#invalidate();
    this.#counting ??= setTimeout(() => {
      this.#counting = undefined;
      this.look.update((look) => ({ ...look, ready: this.#loader.shownShare }));
    }, COUNT_INTERVAL);
  };

  readonly #redraw = (): void => {
    this.#drawn = undefined;
    this.#invalidate();
  };

  readonly #invalidate = (): void => {
    this.#due ||= requestAnimationFrame(() => {
      this.#due = 0;
      this.#draw();
    });
  };

  #set(change: Partial<Look>): void {
    this.look.update((look) => ({ ...look, ...change }));
    this.#invalidate();
  }

  #place(placement: Placement): void {
    this.#isFitted = false;
    this.#set({ placement });
  }

  #size(): Size {
    return { width: this.stack.columns, height: this.stack.rows };
  }

  #fitted(turning: Turning = this.look.value.placement.turning): Placement {
    const { rowSpacing, columnSpacing } = this.stack;
    const aspect = rowSpacing && columnSpacing ? rowSpacing / columnSpacing : 1;
    return fitInto(this.#size(), this.look.value.screen, aspect, turning);
  }

  #resize(): void {
    const canvas = this.#canvas;
    if (!canvas || canvas.clientWidth === 0) return;
    const density = densityNow();
    // Not clientWidth, which is rounded: what is read under the pointer would be next to what is drawn there.
    const { width, height } = canvas.getBoundingClientRect();
    canvas.width = Math.round(width * density);
    canvas.height = Math.round(height * density);
    this.#drawn = undefined;
    this.look.update((look) => ({ ...look, screen: { width, height } }));
    if (this.#isFitted) this.look.update((look) => ({ ...look, placement: this.#fitted() }));
    this.#draw();
  }

  #draw(): void {
    const { index, placement, isInverted } = this.look.value;
    const whole = this.#loader.lossless(index);
    const picture: Picture | undefined = whole ?? this.#loader.preview(index);
    const window = this.look.value.window ?? (whole && rangeWindow(whole, rescaleOf(this.stack, index)));
    const shading = shadingOf(this.stack, index, picture, window, isInverted);
    this.#show({ picture, shading, placement, density: densityNow() });
    const shown: Shown = picture?.kind ?? (this.#loader.hasFailed(index) ? 'failed' : 'nothing');
    this.look.update((look) => ({
      ...look,
      window,
      shown,
      ready: this.#loader.shownShare,
      reading: this.#read(),
    }));
  }

  /** Draws unless the canvas shows just this: moving the pointer or a count changes no pixel. */
  #show(scene: Scene): void {
    if (this.#drawn && isSameScene(this.#drawn, scene)) return;
    this.#drawn = scene;
    this.#renderer?.draw(scene);
  }

  #read(): Reading | undefined {
    const { index, placement } = this.look.value;
    return readingAt(this.stack, index, this.#loader.lossless(index), placement, this.#pointer);
  }
}

function densityNow(): number {
  return Math.min(MOST_DENSITY, devicePixelRatio || 1);
}
