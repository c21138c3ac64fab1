import { expect, test } from 'vitest';
import type { LosslessPicture } from './picture';
import { fitInto } from './placement';
import { readingAt, readingWords } from './probe';
import { type Turn, turned, UPRIGHT } from './turning';

/** Three rows of four columns; each stored value says its place: 10 * row + column. */
const STORED = [0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23];
const picture: LosslessPicture = {
  kind: 'lossless',
  key: 'k',
  width: 4,
  height: 3,
  samples: 1,
  pixels: new Int16Array(STORED),
};
const frame = (rescaleSlope: number, rescaleIntercept: number) => ({
  index: 0,
  position: null,
  rowDirection: null,
  columnDirection: null,
  rescaleSlope,
  rescaleIntercept,
});
const stack = { frameTable: [frame(1, -1024), frame(0.1, 0)], paddingValue: 23 };
const placed = (...turns: Turn[]) =>
  fitInto({ width: 4, height: 3 }, { width: 40, height: 40 }, 1, turns.reduce(turned, UPRIGHT));
const stored = (x: number, y: number, ...turns: Turn[]) => {
  const reading = readingAt(stack, 0, picture, placed(...turns), { x, y });
  return reading?.value === undefined ? undefined : reading.value + 1024;
};

test('every pixel is read as it is stored, rescaled', () => {
  for (const [at, value] of STORED.entries()) {
    if (value === stack.paddingValue) continue;
    const [column, row] = [at % 4, Math.floor(at / 4)];
    expect(stored(column * 10 + 0.1, 5 + row * 10 + 0.1)).toBe(value);
    expect(stored(column * 10 + 9.9, 5 + row * 10 + 9.9)).toBe(value);
  }
});

test('a turned picture is read at the pixel that is seen', () => {
  expect(stored(34, 1, 'rotate')).toBe(0);
  expect(stored(34, 39, 'rotate')).toBe(3);
  expect(stored(1, 6, 'flip-across')).toBe(3);
  expect(stored(1, 34, 'flip-down')).toBe(0);
});

test('outside the image and on a preview there is nothing to read', () => {
  expect(stored(1, 1)).toBeUndefined();
  expect(readingAt(stack, 0, undefined, placed(), { x: 20, y: 20 })).toBeUndefined();
  expect(readingAt(stack, 0, picture, placed(), undefined)).toBeUndefined();
});

test('padding has no value', () => {
  expect(readingAt(stack, 0, picture, placed(), { x: 39, y: 34 })).toMatchObject({ value: undefined });
  expect(readingWords({ value: undefined }, 'HU')).toBe('No value');
});

test('each frame has its own rescale', () => {
  const value = readingAt(stack, 1, picture, placed(), { x: 15, y: 10 })?.value;

  expect(readingWords({ value }, 'HU')).toBe('0.1 HU');
});

test('what is not HU is said to be none', () => {
  expect(readingWords({ value: -724 }, 'HU')).toBe('−724 HU');
  expect(readingWords({ value: 12.3 * 3 }, 'BQML')).toBe('36.9 BQML (no HU)');
  expect(readingWords({ value: 5 }, null)).toBe('5 (no HU)');
});
