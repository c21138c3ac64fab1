import { Store } from '../graphql/store';
import { viewerWords as words } from '../messages/viewer';
import { Cine, wrapped } from './cine';
import { FrameLoader } from './frame-loader';
import type { Stack } from './frame-source';
import type { Grip, Meaning } from './gestures';
import { firstLook, type Look, type Shown } from './look';
import type { LosslessPicture, Picture } from './picture';
import { clamp, fitInto, type Placement, type Point, panBy, type Size, turnAt, zoomAt } from './placement';
import { type Reading, readingAt, readingWords } from './probe';
import type { Scene } from './scene';
import { rangeWindow, rescaleOf, shadingOf } from './shading';
import { Surface } from './surface';
import { type Turn, type Turning, turned, turningWords, UPRIGHT } from './turning';
import { dragWindow, type VoiWindow } from './window-level';
import { presetsOf, rememberedPreset, rememberPreset } from './windows';

/** Milliseconds between two counts of what is ready. */
const COUNT_INTERVAL = 200;

/** What one stack looks like now, and everything that can be done with it. */
export class StackView {
  readonly stack: Stack;
  readonly presets: readonly VoiWindow[];
  readonly look: Store<Look>;
  readonly cine = new Cine((by) => this.#advance(by));
  readonly #loader: FrameLoader;
  #surface: Surface | undefined;
  #direction: 1 | -1 = 1;
  #isFitted = true;
  #dragFrom: VoiWindow | undefined;
  #pointer: Point | undefined;
  #counting: ReturnType<typeof setTimeout> | undefined;

  constructor(stack: Stack, index = Math.floor(stack.frameCount / 2)) {
    this.stack = stack;
    this.presets = presetsOf(stack.windows);
    const first = clamp(index, 0, stack.frameCount - 1);
    this.look = new Store<Look>(firstLook(first, rememberedPreset(this.presets)));
    this.#loader = new FrameLoader(stack, this.#hear);
    this.#loader.look(this.look.value.index, 1);
  }

  attach(canvas: HTMLCanvasElement): () => void {
    this.#surface = new Surface(canvas, () => this.#draw(), this.#resize);
    this.#surface.fit();
    return () => {
      this.cine.stop();
      clearTimeout(this.#counting);
      this.#surface?.close();
      this.#surface = undefined;
      this.#loader.close();
    };
  }

  /** What is on the screen, for whoever enlarges a part of it. */
  get scene(): Scene | undefined {
    return this.#surface?.scene;
  }

  take(meaning: Exclude<Meaning, Grip>): void {
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

  /** The whole slice with its stored values, where it is there. */
  lossless(index = this.look.value.index): LosslessPicture | undefined {
    return this.#loader.lossless(index);
  }

  say(said: string): void {
    this.#set({ said });
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
    this.#set({ said: words.said.playing(this.cine.look.value.rate) });
  }

  /** Whatever the reader does stops the playing. */
  halt(): boolean {
    const played = this.cine.stop();
    if (played) this.#set({ said: words.said.stopped(this.look.value.index + 1) });
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
    this.#set({ isInverted, said: isInverted ? words.said.inverted : words.said.notInverted });
  }

  /** As the eye sees it, about the middle of the screen; a picture that was fitted stays fitted. */
  turn(turn: Turn): void {
    const { placement, screen } = this.look.value;
    const turning = turned(placement.turning, turn);
    const middle = { x: screen.width / 2, y: screen.height / 2 };
    const now = this.#isFitted ? this.#fitted(turning) : turnAt(placement, turning, middle);
    this.#set({ placement: now, said: turningWords(turning) });
  }

  /** As the stack opened, but on the same slice. */
  reset(): void {
    this.#isFitted = true;
    const window = rememberedPreset(this.presets);
    this.#set({ placement: this.#fitted(UPRIGHT), isInverted: false, window, said: words.said.reset });
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
    const { inMiddle, nothingInMiddle } = words.said;
    this.#set({ said: reading ? inMiddle(readingWords(reading, this.stack.unit)) : nothingInMiddle });
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
    if (index === undefined || index === this.look.value.index) this.#surface?.invalidate();
    this.#counting ??= setTimeout(() => {
      this.#counting = undefined;
      this.look.update((look) => ({ ...look, ready: this.#loader.shownShare }));
    }, COUNT_INTERVAL);
  };

  #set(change: Partial<Look>): void {
    this.look.update((look) => ({ ...look, ...change }));
    this.#surface?.invalidate();
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

  readonly #resize = (screen: Size): void => {
    this.look.update((look) => ({ ...look, screen }));
    if (this.#isFitted) this.look.update((look) => ({ ...look, placement: this.#fitted() }));
  };

  #draw(): void {
    const { index, placement, isInverted } = this.look.value;
    const whole = this.#loader.lossless(index);
    const picture: Picture | undefined = whole ?? this.#loader.preview(index);
    const window = this.look.value.window ?? (whole && rangeWindow(whole, rescaleOf(this.stack, index)));
    const shading = shadingOf(this.stack, index, picture, window, isInverted);
    if (this.#surface) this.#surface.show({ picture, shading, placement, density: this.#surface.density });
    const shown: Shown = picture?.kind ?? (this.#loader.hasFailed(index) ? 'failed' : 'nothing');
    this.look.update((look) => ({
      ...look,
      window,
      shown,
      ready: this.#loader.shownShare,
      reading: this.#read(),
    }));
  }

  #read(): Reading | undefined {
    const { index, placement } = this.look.value;
    return readingAt(this.stack, index, this.#loader.lossless(index), placement, this.#pointer);
  }
}
