import { expect, test } from 'vitest';
import { dragWindow, greyOf, rampOf, windowOfRange } from './window-level';

// PS3.3 C.11.2.1.2.1 gives, for center 2048 and width 4096 onto 0 to 255: 0 and below is black, above 4095 white.
test('a window maps as the Standard says', () => {
  const ramp = rampOf({ center: 2048, width: 4096 });

  expect(greyOf(0, ramp)).toBe(0);
  expect(greyOf(4095, ramp)).toBe(1);
  expect(greyOf(-5, ramp)).toBe(0);
  expect(greyOf(5000, ramp)).toBe(1);
  expect(greyOf(2047.5, ramp)).toBeCloseTo(0.5, 10);
});

test('the lung window shows air of the lung dark and soft tissue bright', () => {
  const ramp = rampOf({ center: -600, width: 1500 });

  expect(greyOf(-1000, ramp)).toBeCloseTo((-1000 + 1350) / 1499, 10);
  expect(greyOf(40, ramp)).toBeCloseTo((40 + 1350) / 1499, 10);
});

test('a window of width 1 is a threshold', () => {
  const ramp = rampOf({ center: 100, width: 1 });

  expect(greyOf(99, ramp)).toBe(0);
  expect(greyOf(100, ramp)).toBe(1);
});

test('MONOCHROME1 is turned round', () => {
  const ramp = rampOf({ center: 128, width: 256 });

  expect(greyOf(0, ramp, true)).toBe(1);
  expect(greyOf(255, ramp, true)).toBe(0);
});

test('dragging right widens, dragging down raises the centre, and no drag changes nothing', () => {
  const start = { name: 'Lung', center: -600, width: 1500 };

  expect(dragWindow(start, 0, 0)).toEqual({ name: 'Own', center: -600, width: 1500 });
  expect(dragWindow(start, 0.2, 0).width).toBeGreaterThan(1500);
  expect(dragWindow(start, -50, 0).width).toBe(1);
  expect(dragWindow(start, 0, 0.1).center).toBe(-450);
});

test('a stack without windows shows its whole range', () => {
  const ramp = rampOf(windowOfRange(-1024, 3071));

  expect(greyOf(-1024, ramp)).toBe(0);
  expect(greyOf(3071, ramp)).toBe(1);
});
