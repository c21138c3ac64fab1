import type { Size } from './placement';
import { createRenderer } from './renderer';
import { isSameScene, type Renderer, type Scene } from './scene';

/** Two device pixels a CSS pixel are as sharp as a CT can be; more would only cost. */
const MOST_DENSITY = 2;

/** The canvas a stack is drawn on: its size, and drawing at most once a frame and only what is new. */
export class Surface {
  readonly #canvas: HTMLCanvasElement;
  readonly #onDraw: () => void;
  readonly #onResize: (size: Size) => void;
  readonly #renderer: Renderer;
  readonly #watch: ResizeObserver;
  #due = 0;
  #drawn: Scene | undefined;

  /** `onDraw` is asked to show a scene when one is due, `onResize` told the size in CSS pixels before that. */
  constructor(canvas: HTMLCanvasElement, onDraw: () => void, onResize: (size: Size) => void) {
    this.#canvas = canvas;
    this.#onDraw = onDraw;
    this.#onResize = onResize;
    this.#renderer = createRenderer(canvas, this.#redraw);
    this.#watch = new ResizeObserver(() => this.fit());
    this.#watch.observe(canvas);
  }

  close(): void {
    this.#watch.disconnect();
    cancelAnimationFrame(this.#due);
    this.#renderer.close();
  }

  /** Device pixels a CSS pixel. */
  get density(): number {
    return Math.min(MOST_DENSITY, devicePixelRatio || 1);
  }

  /** What the canvas shows. */
  get scene(): Scene | undefined {
    return this.#drawn;
  }

  /** Draws unless the canvas shows just this: moving the pointer or a count changes no pixel. */
  show(scene: Scene): void {
    if (this.#drawn && isSameScene(this.#drawn, scene)) return;
    this.#drawn = scene;
    this.#renderer.draw(scene);
  }

  /** Something may look different: asks for a scene before the next frame. */
  invalidate(): void {
    this.#due ||= requestAnimationFrame(() => {
      this.#due = 0;
      this.#onDraw();
    });
  }

  fit(): void {
    const canvas = this.#canvas;
    if (canvas.clientWidth === 0) return;
    // Not clientWidth, which is rounded: what is read under the pointer would be next to what is drawn there.
    const { width, height } = canvas.getBoundingClientRect();
    canvas.width = Math.round(width * this.density);
    canvas.height = Math.round(height * this.density);
    this.#drawn = undefined;
    this.#onResize({ width, height });
    this.#onDraw();
  }

  readonly #redraw = (): void => {
    this.#drawn = undefined;
    this.invalidate();
  };
}
