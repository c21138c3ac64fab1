import { describe, expect, test } from 'vitest';
import { boxOnScreen, fitInto, panBy, toImage, toScreen, turnAt, zoomAt } from './placement';
import { type Turn, turned, UPRIGHT } from './turning';

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

describe('a turned picture', () => {
  const turn = (...turns: Turn[]) => turns.reduce(turned, UPRIGHT);
  const WIDE = { width: 200, height: 100 };

  test('fits by its other side and lies in the middle', () => {
    const placed = fitInto(WIDE, PHONE, 1, turn('rotate'));

    expect(placed.scale).toBeCloseTo(430 / 200);
    expect(boxOnScreen(placed, { left: 0, top: 0, ...WIDE })).toEqual({ left: 87.5, top: 0, width: 215, height: 430 });
  });

  test('has the first pixel at the upper right after a quarter clockwise, at the upper right after a flip', () => {
    const quarter = fitInto(IMAGE, PHONE, 1, turn('rotate'));
    const flipped = fitInto(IMAGE, PHONE, 1, turn('flip-across'));

    expect(toScreen(quarter, { x: 0, y: 0 })).toEqual({ x: 390, y: 20 });
    expect(toScreen(quarter, { x: 512, y: 0 })).toEqual({ x: 390, y: 410 });
    expect(toScreen(flipped, { x: 0, y: 0 })).toEqual({ x: 390, y: 20 });
    expect(toScreen(flipped, { x: 512, y: 0 })).toEqual({ x: 0, y: 20 });
  });

  test('outlines the same pixels and reads the same pixel under the finger', () => {
    const box = { left: 40, top: 60, width: 20, height: 10 };
    for (const turns of [['rotate'], ['flip-down'], ['flip-across', 'rotate', 'rotate', 'rotate']] as Turn[][]) {
      const placed = fitInto(IMAGE, PHONE, 1.25, turn(...turns));
      const shown = boxOnScreen(placed, box);
      const middle = toImage(placed, { x: shown.left + shown.width / 2, y: shown.top + shown.height / 2 });

      expect(middle.x).toBeCloseTo(50);
      expect(middle.y).toBeCloseTo(65);
    }
  });

  test('keeps what lies under the point it is turned about', () => {
    const at = { x: 100, y: 300 };
    const before = zoomAt(fitInto(IMAGE, PHONE, 1.25), 3, at, fitInto(IMAGE, PHONE, 1.25));
    const after = turnAt(before, turn('rotate', 'flip-across'), at);

    expect(toImage(after, at).x).toBeCloseTo(toImage(before, at).x);
    expect(toImage(after, at).y).toBeCloseTo(toImage(before, at).y);
  });

  test('cannot be dragged off the screen either', () => {
    const placed = fitInto(WIDE, PHONE, 1, turn('rotate', 'flip-down'));

    const box = boxOnScreen(panBy(placed, { x: -10_000, y: 10_000 }, WIDE, PHONE), { left: 0, top: 0, ...WIDE });

    expect(box.left + box.width).toBeCloseTo(PHONE.width / 4);
    expect(box.top).toBeCloseTo(PHONE.height - PHONE.width / 4);
  });
});
