/** Where the image lies on the screen: pure arithmetic, all lengths in CSS pixels unless said otherwise. */

export interface Point {
  readonly x: number;
  readonly y: number;
}
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Screen x = left + column * scale, y = top + row * scale * aspect; (0, 0) is the outer corner of the first pixel. */
export interface Placement {
  readonly left: number;
  readonly top: number;
  readonly scale: number;
  /** Row spacing over column spacing: how much taller than wide a pixel is shown. */
  readonly aspect: number;
}

const MOST_SCALE = 40;

export function fitInto(image: Size, screen: Size, aspect: number): Placement {
  const scale = Math.max(1e-3, Math.min(screen.width / image.width, screen.height / (image.height * aspect)));
  return {
    scale,
    aspect,
    left: (screen.width - image.width * scale) / 2,
    top: (screen.height - image.height * scale * aspect) / 2,
  };
}

/** Enlarges about a point that stays where it is, never smaller than half of fitting. */
export function zoomAt(from: Placement, factor: number, at: Point, fitted: Placement): Placement {
  const scale = Math.min(MOST_SCALE, Math.max(fitted.scale / 2, from.scale * factor));
  const real = scale / from.scale;
  return { ...from, scale, left: at.x - (at.x - from.left) * real, top: at.y - (at.y - from.top) * real };
}

/** Moves, but keeps a quarter of the screen's shorter side covered so that the image cannot be lost. */
export function panBy(from: Placement, by: Point, image: Size, screen: Size): Placement {
  const keep = Math.min(screen.width, screen.height) / 4;
  const width = image.width * from.scale;
  const height = image.height * from.scale * from.aspect;
  return {
    ...from,
    left: clamp(from.left + by.x, keep - width, screen.width - keep),
    top: clamp(from.top + by.y, keep - height, screen.height - keep),
  };
}

/** The pixel position (column, row) under a point of the screen, in fractions of pixels. */
export function toImage({ left, top, scale, aspect }: Placement, at: Point): Point {
  return { x: (at.x - left) / scale, y: (at.y - top) / (scale * aspect) };
}

export function toScreen({ left, top, scale, aspect }: Placement, at: Point): Point {
  return { x: left + at.x * scale, y: top + at.y * scale * aspect };
}

export function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
