import { describe, expect, test } from 'vitest';
import { fitInto } from './placement';
import { ellipseOf, endAt, lengthOf, outlineOf, shapeAt, spacingOf, within } from './shape-geometry';
import type { Shape, ShapeKind } from './shapes';
import { type Turn, turned, UPRIGHT } from './turning';

const shape = (key: string, kind: ShapeKind, ...points: [number, number][]): Shape => ({
  key,
  kind,
  frameIndex: 0,
  points: points.map(([x, y]) => ({ x, y })),
  quantities: [],
  isOwn: true,
  author: 'Ada',
  fault: undefined,
});

describe('a length', () => {
  const one = { x: 10, y: 20 };
  const other = { x: 13, y: 24 };

  test('counts rows and columns by their own spacing', () => {
    expect(lengthOf(one, other, spacingOf({ rowSpacing: 0.5, columnSpacing: 2 }))).toBeCloseTo(Math.hypot(6, 2), 12);
  });

  test('is in pixels, and said to be, where one of them is not known', () => {
    for (const stack of [
      { rowSpacing: null, columnSpacing: 0.7 },
      { rowSpacing: 0, columnSpacing: 0.7 },
    ]) {
      expect(spacingOf(stack).isKnown).toBe(false);
      expect(lengthOf(one, other, spacingOf(stack))).toBe(5);
    }
  });
});

test('an ellipse fills the box between two corners, whichever two', () => {
  const corners = [
    { x: 30, y: 10 },
    { x: 10, y: 20 },
  ];

  expect(ellipseOf(corners)).toEqual({ middle: { x: 20, y: 15 }, radius: { x: 10, y: 5 } });
  for (const { x, y } of outlineOf({ kind: 'ELLIPSE', points: corners }))
    expect(((x - 20) / 10) ** 2 + ((y - 15) / 5) ** 2).toBeCloseTo(1, 9);
});

test('a rectangle closes, from two corners or from four', () => {
  const two = shape('r', 'RECTANGLE', [1, 2], [5, 8]);
  const four = shape('r', 'RECTANGLE', [1, 2], [5, 2], [5, 8], [1, 8]);

  expect(outlineOf(two)).toEqual(outlineOf(four));
  expect(outlineOf(two)).toHaveLength(5);
});

test('points stay on the image', () => {
  expect(within({ x: -3, y: 700 }, { width: 512, height: 400 })).toEqual({ x: 0, y: 400 });
});

describe('what a finger touches', () => {
  const ruler = shape('ruler', 'LENGTH', [10, 10], [40, 10]);
  const ellipse = shape('ellipse', 'ELLIPSE', [20, 40], [60, 80]);
  const placed = (...turns: Turn[]) =>
    fitInto({ width: 100, height: 100 }, { width: 500, height: 500 }, 1, turns.reduce(turned, UPRIGHT));
  const touched = (x: number, y: number, ...turns: Turn[]) =>
    shapeAt([ruler, ellipse], placed(...turns), { x, y })?.key;

  test('is the line within 22 CSS pixels', () => {
    expect(touched(120, 50 + 21)).toBe('ruler');
    expect(touched(120, 50 + 23)).toBeUndefined();
    expect(touched(50 - 23, 50)).toBeUndefined();
  });

  test('is the outline of an ellipse, not its inside where the lesion is', () => {
    expect(touched(100, 300)).toBe('ellipse');
    expect(touched(200, 300)).toBeUndefined();
  });

  test('is found where it is seen in a turned picture', () => {
    expect(touched(450, 120, 'rotate')).toBe('ruler');
    expect(touched(380, 50, 'flip-across')).toBe('ruler');
    expect(touched(120, 450, 'flip-down')).toBe('ruler');
    expect(touched(120, 50, 'rotate')).toBeUndefined();
  });

  test('is the nearest end of the one chosen', () => {
    expect(endAt(ruler, placed(), { x: 50 - 15, y: 50 + 15 })).toBe(0);
    expect(endAt(ruler, placed(), { x: 205, y: 50 })).toBe(1);
    expect(endAt(ruler, placed(), { x: 125, y: 50 })).toBeUndefined();
    expect(endAt(ruler, placed('rotate'), { x: 450, y: 200 })).toBe(1);
  });

  test('is the last drawn where two lie alike', () => {
    const twin = { ...ruler, key: 'twin' };

    expect(shapeAt([ruler, twin], placed(), { x: 120, y: 50 })?.key).toBe('twin');
  });
});
