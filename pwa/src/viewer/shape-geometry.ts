import { type Placement, type Point, type Size, toScreen } from './placement';
import type { Shape } from './shapes';

/** Lengths, outlines and what lies near a finger: pure arithmetic in pixels of the image, or CSS pixels where said. */

/** CSS pixels from its middle at which an end is still touched: 44 across. */
export const REACH = 22;
const OUTLINE_POINTS = 48;

/** Millimetres a pixel; 1 where the images do not tell. */
export interface Spacing {
  readonly row: number;
  readonly column: number;
  readonly isKnown: boolean;
}

export interface SpacedStack {
  readonly rowSpacing: number | null;
  readonly columnSpacing: number | null;
}

export function spacingOf({ rowSpacing, columnSpacing }: SpacedStack): Spacing {
  return rowSpacing && columnSpacing
    ? { row: rowSpacing, column: columnSpacing, isKnown: true }
    : { row: 1, column: 1, isKnown: false };
}

/** In mm, or in pixels where the spacing is not known. */
export function lengthOf(one: Point, other: Point, { row, column }: Spacing): number {
  return Math.hypot((other.x - one.x) * column, (other.y - one.y) * row);
}

export interface Ellipse {
  readonly middle: Point;
  /** Half axes along a row and along a column. */
  readonly radius: Point;
}

export function ellipseOf([one, other]: readonly Point[]): Ellipse | undefined {
  if (!one || !other) return undefined;
  return {
    middle: { x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 },
    radius: { x: Math.abs(other.x - one.x) / 2, y: Math.abs(other.y - one.y) / 2 },
  };
}

/** Whether there is something between the points: a line that has a length, an ellipse both wide and high. */
export function isDrawable({ kind, points: [one, other] }: Pick<Shape, 'kind' | 'points'>): boolean {
  if (!one || !other) return false;
  return kind === 'LENGTH' ? distance(one, other) > 0 : one.x !== other.x && one.y !== other.y;
}

/** On the image: outside it there is nothing to measure. */
export function within({ x, y }: Point, { width, height }: Size): Point {
  return { x: Math.min(width, Math.max(0, x)), y: Math.min(height, Math.max(0, y)) };
}

/** The four corners of the box between two of them, in turn. */
export function cornersOf([one, other]: readonly Point[]): Point[] {
  return one && other ? [one, { x: other.x, y: one.y }, other, { x: one.x, y: other.y }] : [];
}

/** The line to draw, in pixels of the image; a closed one ends where it began. */
export function outlineOf({ kind, points }: Pick<Shape, 'kind' | 'points'>): readonly Point[] {
  const first = points[0];
  if (kind === 'ELLIPSE') {
    const ellipse = ellipseOf(points);
    return ellipse ? roundOf(ellipse) : [];
  }
  if (kind === 'LENGTH' || points.length < 2 || !first) return points;
  const corners = points.length === 2 ? cornersOf(points) : points;
  return [...corners, first];
}

function roundOf({ middle, radius }: Ellipse): Point[] {
  return Array.from({ length: OUTLINE_POINTS + 1 }, (_, at) => {
    const angle = (at / OUTLINE_POINTS) * 2 * Math.PI;
    return { x: middle.x + radius.x * Math.cos(angle), y: middle.y + radius.y * Math.sin(angle) };
  });
}

/** Which end of a shape a place of the screen touches, the nearest one first. */
export function endAt({ points }: Pick<Shape, 'points'>, placement: Placement, at: Point): number | undefined {
  const ends = points.map((point, end) => ({ end, far: distance(toScreen(placement, point), at) }));
  const [nearest] = ends.sort((one, other) => one.far - other.far);
  return nearest && nearest.far <= REACH ? nearest.end : undefined;
}

/** The shape whose line a place of the screen touches; the one drawn last goes before others as near. */
export function shapeAt(shapes: readonly Shape[], placement: Placement, at: Point): Shape | undefined {
  const near = shapes
    .map((shape) => ({ shape, far: distanceTo(outlineOf(shape), placement, at) }))
    .filter(({ far }) => far <= REACH)
    .reverse();
  return near.sort((one, other) => one.far - other.far)[0]?.shape;
}

/** CSS pixels from a place of the screen to a line. */
function distanceTo(line: readonly Point[], placement: Placement, at: Point): number {
  const shown = line.map((point) => toScreen(placement, point));
  const [only] = shown;
  if (shown.length === 1 && only) return distance(only, at);
  return Math.min(...shown.slice(1).map((end, before) => distanceToPart(shown[before] ?? end, end, at)));
}

function distanceToPart(from: Point, to: Point, at: Point): number {
  const [x, y] = [to.x - from.x, to.y - from.y];
  const square = x * x + y * y;
  const share = square === 0 ? 0 : Math.min(1, Math.max(0, ((at.x - from.x) * x + (at.y - from.y) * y) / square));
  return distance({ x: from.x + share * x, y: from.y + share * y }, at);
}

export function distance(one: Point, other: Point): number {
  return Math.hypot(other.x - one.x, other.y - one.y);
}
