import type { Box, Point, Size } from './placement';

/** CSS pixels: between a shape and its words, a line's height, and about what a letter takes. */
const GAP = 12;
const LINE = 16;
const LETTER = 8.6;
const EDGE = 6;
const MARGIN = 10;

export interface Labelled {
  readonly outline: readonly Point[];
  readonly lines: readonly string[];
}

/**
 * Where the words of each shape go: under, over or beside it, wherever they hide neither a shape nor what is to be
 * avoided nor one another. The last one, which is the chosen one, takes its place first.
 */
export function placesOfLabels(shapes: readonly Labelled[], screen: Size, avoid: readonly Box[]): (Box | undefined)[] {
  const taken = [...avoid.map(withMargin), ...shapes.flatMap(({ outline }) => boxOf(outline) ?? [])];
  const places = [...shapes].reverse().map(({ outline, lines }) => {
    const shape = boxOf(outline);
    if (!shape || lines.length === 0) return undefined;
    const candidates = placesBeside(shape, sizeOf(lines), screen);
    const place = candidates.find((each) => !taken.some((other) => isOverlap(each, other))) ?? candidates[0];
    if (place) taken.push(place);
    return place;
  });
  return places.reverse();
}

/** Upper left corner of the first line's letters is not where SVG puts a text: it stands on its base. */
export function baseOf({ left, top }: Box): Point {
  return { x: left, y: top + LINE * 0.75 };
}

function sizeOf(lines: readonly string[]): Size {
  return { width: Math.max(...lines.map((line) => line.length)) * LETTER, height: lines.length * LINE };
}

/** In the order of preference, each moved to where all of it is on the screen. */
function placesBeside(shape: Box, { width, height }: Size, screen: Size): Box[] {
  const middle = shape.left + (shape.width - width) / 2;
  const level = shape.top + (shape.height - height) / 2;
  const [under, over] = [shape.top + shape.height + GAP, shape.top - GAP - height];
  const [after, before] = [shape.left + shape.width + GAP, shape.left - GAP - width];
  const corners: [number, number][] = [
    [middle, under],
    [middle, over],
    [after, level],
    [before, level],
    [after, under],
    [before, under],
    [after, over],
    [before, over],
  ];
  return corners.map(([left, top]) => ({
    left: Math.max(EDGE, Math.min(screen.width - width - EDGE, left)),
    top: Math.max(EDGE, Math.min(screen.height - height - EDGE, top)),
    width,
    height,
  }));
}

function boxOf(points: readonly Point[]): Box | undefined {
  if (points.length === 0) return undefined;
  const left = Math.min(...points.map(({ x }) => x));
  const top = Math.min(...points.map(({ y }) => y));
  const width = Math.max(...points.map(({ x }) => x)) - left;
  return { left, top, width, height: Math.max(...points.map(({ y }) => y)) - top };
}

/** A mark's corners and its number lie around its box. */
function withMargin({ left, top, width, height }: Box): Box {
  return { left: left - MARGIN, top: top - 2 * MARGIN, width: width + 2 * MARGIN, height: height + 3 * MARGIN };
}

function isOverlap(one: Box, other: Box): boolean {
  return (
    one.left < other.left + other.width &&
    other.left < one.left + one.width &&
    one.top < other.top + other.height &&
    other.top < one.top + one.height
  );
}
