import { expect, test } from 'vitest';
import { placementUnder, placeOfLoupe } from './loupe';
import { fitInto, toImage } from './placement';
import { placeOfLabel } from './shape-label';

const screen = { width: 390, height: 400 };
const box = (left: number, top: number, right: number, bottom: number) => [
  { x: left, y: top },
  { x: right, y: bottom },
];

test('the words stand under a shape, at the foot of the screen over it, and never leave the screen', () => {
  const lines = ['Mean −724.1 HU, SD 30.2 HU', 'Area 85.3 mm²'];

  expect(placeOfLabel(box(100, 100, 200, 200), lines, screen)?.y).toBeGreaterThan(210);
  expect(placeOfLabel(box(100, 300, 200, 390), lines, screen)?.y).toBeLessThan(290);
  expect(placeOfLabel(box(0, 100, 10, 200), lines, screen)?.x).toBeGreaterThan(0);
  expect(placeOfLabel(box(380, 100, 390, 200), lines, screen)?.x).toBeLessThan(200);
  expect(placeOfLabel([], lines, screen)).toBeUndefined();
});

test('the loupe has the point in its middle, twice as large, and does not lie under the finger', () => {
  const placement = fitInto({ width: 256, height: 256 }, screen, 1);
  const at = { x: 210, y: 300 };
  const enlarged = placementUnder(placement, at);

  expect(toImage(enlarged, { x: 56, y: 56 }).x).toBeCloseTo(toImage(placement, at).x, 9);
  expect(toImage(enlarged, { x: 56, y: 56 }).y).toBeCloseTo(toImage(placement, at).y, 9);
  expect(enlarged.scale).toBe(placement.scale * 2);
  expect(placeOfLoupe(at, screen)).toEqual({ x: 154, y: 140 });
});

test('at the top of the screen the loupe lies beside the finger', () => {
  expect(placeOfLoupe({ x: 300, y: 40 }, screen)).toEqual({ x: 140, y: 0 });
  expect(placeOfLoupe({ x: 60, y: 40 }, screen)).toEqual({ x: 108, y: 0 });
});
