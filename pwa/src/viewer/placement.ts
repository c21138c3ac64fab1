import { isSideways, type Turning, toImageAxes, toScreenAxes, UPRIGHT } from './turning';

/** Where the image lies on the screen: pure arithmetic, all lengths in CSS pixels unless said otherwise. */

export interface Point {
  readonly x: number;
  readonly y: number;
}
export interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * Upright: screen x = left + column * scale, y = top + row * scale * aspect; (0, 0) is the outer corner of the first
 * pixel. `left` and `top` are where that corner lies, also when the image is turned about it.
 */
export interface Placement {
  readonly left: number;
  readonly top: number;
  readonly scale: number;
  /** Row spacing over column spacing: how much taller than wide a pixel is shown. */
  readonly aspect: number;
  readonly turning: Turning;
}

const MOST_SCALE = 40;

export function fitInto(image: Size, screen: Size, aspect: number, turning: Turning = UPRIGHT): Placement {
  const [wide, tall] = isSideways(turning) ? [screen.height, screen.width] : [screen.width, screen.height];
  const scale = Math.max(1e-3, Math.min(wide / image.width, tall / (image.height * aspect)));
  const span = toScreenAxes(turning, { x: image.width * scale, y: image.height * scale * aspect });
  return { scale, aspect, turning, left: (screen.width - span.x) / 2, top: (screen.height - span.y) / 2 };
}

/** Turns about a point of the screen: what lies under it stays. */
export function turnAt(from: Placement, turning: Turning, at: Point): Placement {
  const arm = toImageAxes(from.turning, { x: at.x - from.left, y: at.y - from.top });
  const now = toScreenAxes(turning, arm);
  return { ...from, turning, left: at.x - now.x, top: at.y - now.y };
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
  const { left, top, width, height } = boxOnScreen(from, { left: 0, top: 0, ...image });
  return {
    ...from,
    left: from.left - left + clamp(left + by.x, keep - width, screen.width - keep),
    top: from.top - top + clamp(top + by.y, keep - height, screen.height - keep),
  };
}

/** The pixel position (column, row) under a point of the screen, in fractions of pixels. */
export function toImage({ left, top, scale, aspect, turning }: Placement, at: Point): Point {
  const { x, y } = toImageAxes(turning, { x: at.x - left, y: at.y - top });
  return { x: x / scale, y: y / (scale * aspect) };
}

export function toScreen({ left, top, scale, aspect, turning }: Placement, at: Point): Point {
  const { x, y } = toScreenAxes(turning, { x: at.x * scale, y: at.y * scale * aspect });
  return { x: left + x, y: top + y };
}

export interface Box extends Size {
  readonly left: number;
  readonly top: number;
}

/** The upright box on the screen that a box of the image fills. */
export function boxOnScreen(placement: Placement, { left, top, width, height }: Box): Box {
  const one = toScreen(placement, { x: left, y: top });
  const other = toScreen(placement, { x: left + width, y: top + height });
  return {
    left: Math.min(one.x, other.x),
    top: Math.min(one.y, other.y),
    width: Math.abs(other.x - one.x),
    height: Math.abs(other.y - one.y),
  };
}

export function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
