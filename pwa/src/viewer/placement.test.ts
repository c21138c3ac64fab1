import { describe, expect, test } from 'vitest';
import { fitInto, panBy, toImage, toScreen, zoomAt } from './placement';

const IMAGE = { width: 512, height: 512 };
const PHONE = { width: 390, height: 430 };

describe('fitting', () => {
  test('shows the whole image in the middle', () => {
    const placed = fitInto(IMAGE, PHONE, 1);

    expect(toScreen(placed, { x: 0, y: 0 })).toEqual({ x: 0, y: 20 });
    expect(toScreen(placed, { x: 512, y: 512 }).x).toBeCloseTo(390);
  });

  test('stretches pixels that are taller than wide', () => {
    const placed = fitInto({ width: 100, height: 100 }, { width: 400, height: 400 }, 2);

    expect(placed.scale).toBe(2);
    expect(toScreen(placed, { x: 100, y: 100 })).toEqual({ x: 300, y: 400 });
  });
});

test('screen and image positions turn into each other', () => {
  const placed = zoomAt(fitInto(IMAGE, PHONE, 1.25), 2.5, { x: 100, y: 90 }, fitInto(IMAGE, PHONE, 1.25));

  const there = toImage(placed, toScreen(placed, { x: 317.5, y: 365 }));

  expect(there.x).toBeCloseTo(317.5);
  expect(there.y).toBeCloseTo(365);
});

test('zooming leaves the point between the fingers where it is', () => {
  const fitted = fitInto(IMAGE, PHONE, 1);
  const fingers = { x: 120, y: 200 };
  const before = toImage(fitted, fingers);

  const after = toImage(zoomAt(fitted, 3, fingers, fitted), fingers);

  expect(after.x).toBeCloseTo(before.x);
  expect(after.y).toBeCloseTo(before.y);
});

test('zooming ends at half of fitting and at forty times', () => {
  const fitted = fitInto(IMAGE, PHONE, 1);

  expect(zoomAt(fitted, 0.001, { x: 0, y: 0 }, fitted).scale).toBe(fitted.scale / 2);
  expect(zoomAt(fitted, 1e6, { x: 0, y: 0 }, fitted).scale).toBe(40);
});

test('the image cannot be dragged off the screen', () => {
  const fitted = fitInto(IMAGE, PHONE, 1);

  const right = panBy(fitted, { x: 10_000, y: 0 }, IMAGE, PHONE);
  const left = panBy(fitted, { x: -10_000, y: 0 }, IMAGE, PHONE);

  expect(right.left).toBeLessThan(PHONE.width);
  expect(left.left + IMAGE.width * left.scale).toBeGreaterThan(0);
});
