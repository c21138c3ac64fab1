import type { LosslessPicture, Shading } from './picture';
import type { Renderer, Scene } from './scene';
import { greyOf } from './window-level';

/** The same picture without WebGL2: greys from a table of all stored values, enlarged by the browser. */
export class CanvasRenderer implements Renderer {
  readonly name = 'canvas';
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D | null;
  readonly #shaded = document.createElement('canvas');
  #drawn = '';

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    this.#context = canvas.getContext('2d', { alpha: false });
  }

  draw({ picture, shading, placement, density }: Scene): void {
    const context = this.#context;
    if (!context) return;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = '#000';
    context.fillRect(0, 0, this.#canvas.width, this.#canvas.height);
    if (!picture) return;
    const { left, top, scale, aspect, turning } = placement;
    const { xx, xy, yx, yy } = turning;
    context.setTransform(xx * density, yx * density, xy * density, yy * density, left * density, top * density);
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = 'high';
    const source = picture.kind === 'preview' ? picture.bitmap : this.#shade(picture, shading);
    const [width, height] = [picture.width * scale, picture.height * scale * aspect];
    context.drawImage(source, 0, 0, width, height);
    if (picture.kind === 'lossless' || !shading.isInverted) return;
    context.globalCompositeOperation = 'difference';
    context.fillStyle = '#fff';
    context.fillRect(0, 0, width, height);
    context.globalCompositeOperation = 'source-over';
  }

  close(): void {
    this.#shaded.width = 0;
  }

  #shade(picture: LosslessPicture, shading: Shading): HTMLCanvasElement {
    const key = JSON.stringify([picture.key, shading]);
    if (key === this.#drawn) return this.#shaded;
    this.#drawn = key;
    this.#shaded.width = picture.width;
    this.#shaded.height = picture.height;
    const context = this.#shaded.getContext('2d');
    const image = new ImageData(picture.width, picture.height);
    fillGreys(picture, shading, image.data);
    context?.putImageData(image, 0, 0);
    return this.#shaded;
  }
}

/** Writes RGBA, 8 bits each, row after row. */
export function fillGreys(picture: LosslessPicture, shading: Shading, rgba: Uint8ClampedArray): void {
  const { pixels, samples } = picture;
  const table = greyTable(shading);
  for (let at = 0, to = 0; to < rgba.length; at += samples, to += 4) {
    if (samples === 1) {
      const grey = table[(pixels[at] ?? 0) + 32768] ?? 0;
      rgba.fill(grey, to, to + 3);
    } else {
      for (let sample = 0; sample < 3; sample += 1) rgba[to + sample] = pixels[at + sample] ?? 0;
    }
    rgba[to + 3] = 255;
  }
}

/** Grey of each stored value from -32768 to 65535, at its place after adding 32768. */
function greyTable({ slope, intercept, black, span, isInverted, padding }: Shading): Uint8ClampedArray {
  const table = new Uint8ClampedArray(32768 + 65536);
  for (let at = 0; at < table.length; at += 1) {
    const stored = at - 32768;
    table[at] = stored === padding ? 0 : 255 * greyOf(stored * slope + intercept, { black, span }, isInverted);
  }
  return table;
}
