import { expect, test } from 'vitest';
import { placementUnder, placeOfLoupe } from './loupe';
import { fitInto, toImage } from './placement';
import { type Labelled, placesOfLabels } from './shape-label';

const screen = { width: 390, height: 400 };
const LINES = ['Mean −724.1 HU', 'SD 30.2 HU', 'Area 85.3 mm²'];
const shape = (left: number, top: number, right: number, bottom: number, lines = LINES): Labelled => ({
  lines,
  outline: [
    { x: left, y: top },
    { x: right, y: bottom },
  ],
});
const placeOf = (one: Labelled, avoid: Parameters<typeof placesOfLabels>[2] = []) =>
  placesOfLabels([one], screen, avoid)[0];

test('words stand under a shape, and where there is no room over it', () => {
  expect(placeOf(shape(100, 100, 200, 200))?.top).toBe(212);
  expect(placeOf(shape(100, 300, 200, 395))?.top).toBe(300 - 12 - 48);
});

test('words never leave the screen, also where a shape does', () => {
  for (const one of [shape(0, 0, 4, 4), shape(385, 395, 390, 400), shape(-500, -500, 900, 900)]) {
    const place = placeOf(one);
    expect(place?.left).toBeGreaterThanOrEqual(0);
    expect(place?.top).toBeGreaterThanOrEqual(0);
    expect((place?.left ?? 999) + (place?.width ?? 999)).toBeLessThanOrEqual(390);
    expect((place?.top ?? 999) + (place?.height ?? 999)).toBeLessThanOrEqual(400);
  }
});

test('words go over a shape where they would hide a lesion under it', () => {
  expect(placeOf(shape(100, 150, 200, 200), [{ left: 140, top: 220, width: 20, height: 20 }])?.top).toBe(150 - 12 - 48);
});

test('the chosen one, which is last, has its words where they are looked for, the others around it', () => {
  const [other, chosen] = placesOfLabels([shape(100, 100, 200, 150), shape(110, 100, 210, 150)], screen, []);

  expect(chosen?.top).toBe(162);
  expect(other?.top).toBe(100 - 12 - 48);
});

test('a shape without words has no place for them', () => {
  expect(placeOf(shape(1, 1, 2, 2, []))).toBeUndefined();
});

test('the loupe has the point in its middle, enlarged, and does not lie under the finger', () => {
  const placement = fitInto({ width: 256, height: 256 }, screen, 1);
  const at = { x: 210, y: 300 };
  const enlarged = placementUnder(placement, at);

  expect(toImage(enlarged, { x: 56, y: 56 }).x).toBeCloseTo(toImage(placement, at).x, 9);
  expect(toImage(enlarged, { x: 56, y: 56 }).y).toBeCloseTo(toImage(placement, at).y, 9);
  expect(enlarged.scale).toBe(placement.scale * 3);
  expect(placeOfLoupe(at, screen)).toEqual({ x: 154, y: 140 });
});

test('at the top of the screen the loupe lies beside the finger', () => {
  expect(placeOfLoupe({ x: 300, y: 40 }, screen)).toEqual({ x: 140, y: 0 });
  expect(placeOfLoupe({ x: 60, y: 40 }, screen)).toEqual({ x: 108, y: 0 });
});
