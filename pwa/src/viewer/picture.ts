import type { DecodedImage } from '../worker/messages';

/** Stored values of one frame. */
export type Pixels = Int8Array | Uint8Array | Int16Array | Uint16Array;

export interface LosslessPicture {
  readonly kind: 'lossless';
  readonly key: string;
  readonly width: number;
  readonly height: number;
  /** 1 grey, 3 red, green and blue beside one another. */
  readonly samples: number;
  readonly pixels: Pixels;
}

export interface PreviewPicture {
  readonly kind: 'preview';
  readonly key: string;
  /** Of the frame it stands for, not of the small bitmap. */
  readonly width: number;
  readonly height: number;
  readonly bitmap: ImageBitmap;
}

export type Picture = LosslessPicture | PreviewPicture;

/** How stored values become greys. */
export interface Shading {
  readonly slope: number;
  readonly intercept: number;
  /** The rescaled value that is black, and the length of the ramp to white. */
  readonly black: number;
  readonly span: number;
  readonly isInverted: boolean;
  /** A stored value that is no tissue and always black. */
  readonly padding: number | undefined;
}

/** The stack's word on the sign counts: an encoder may have written 12-bit values as signed without meaning it. */
export function pictureOf(key: string, image: DecodedImage, isSigned: boolean): LosslessPicture {
  const { width, height, samples, bits, bytes } = image;
  const pixels =
    bits <= 8
      ? isSigned
        ? new Int8Array(bytes)
        : new Uint8Array(bytes)
      : isSigned
        ? new Int16Array(bytes)
        : new Uint16Array(bytes);
  return { kind: 'lossless', key, width, height, samples, pixels };
}

/** The stored value at a pixel position in fractions of pixels; undefined outside the image or in colour. */
export function storedValueAt(picture: LosslessPicture, x: number, y: number): number | undefined {
  const column = Math.floor(x);
  const row = Math.floor(y);
  if (picture.samples !== 1 || column < 0 || row < 0 || column >= picture.width || row >= picture.height)
    return undefined;
  return picture.pixels[row * picture.width + column];
}

export function rangeOf({ pixels }: LosslessPicture): { readonly least: number; readonly most: number } {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const value of pixels) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return { least, most };
}
