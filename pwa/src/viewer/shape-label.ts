import { clamp, type Point, type Size } from './placement';

/** CSS pixels: between a shape and its words, a line's height, and about what a letter takes. */
const GAP = 14;
const LINE = 16;
const LETTER = 7.5;
const EDGE = 6;

/** Where the first line of a shape's words begins: under the shape, or over it where there is no room, never on it. */
export function placeOfLabel(outline: readonly Point[], lines: readonly string[], screen: Size): Point | undefined {
  if (outline.length === 0 || lines.length === 0) return undefined;
  const right = Math.max(...outline.map(({ x }) => x));
  const left = Math.min(...outline.map(({ x }) => x));
  const top = Math.min(...outline.map(({ y }) => y));
  const bottom = Math.max(...outline.map(({ y }) => y));
  const width = Math.max(...lines.map((line) => line.length)) * LETTER;
  const height = lines.length * LINE;
  const x = clamp((left + right - width) / 2, EDGE, Math.max(EDGE, screen.width - width - EDGE));
  const isRoomBelow = bottom + GAP + height <= screen.height - EDGE;
  const isRoomAbove = top - GAP - height >= EDGE;
  if (isRoomBelow || !isRoomAbove) return { x, y: bottom + GAP + LINE * 0.7 };
  return { x, y: top - GAP - height + LINE };
}
