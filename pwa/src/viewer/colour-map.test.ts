import { expect, test } from 'vitest';
import { colourIn, colourOf } from './colour-map';

const lightness = (value: number) => {
  const [red, green, blue] = colourOf(value);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};

test('nothing has no colour', () => {
  expect(colourOf(0)[3]).toBe(0);
});

test('a higher value is always brighter and never more transparent', () => {
  for (let value = 1; value < 256; value += 1) {
    expect(lightness(value)).toBeGreaterThanOrEqual(lightness(value - 1));
    expect(colourOf(value)[3]).toBeGreaterThanOrEqual(colourOf(value - 1)[3]);
  }
  expect(colourOf(255)).toEqual([247, 208, 60, 255]);
});

test('a frame is coloured in place, and a blank one is told', () => {
  const frame = new Uint8ClampedArray([0, 0, 0, 255, 255, 255, 255, 255]);

  expect(colourIn(frame)).toBe(true);
  expect([...frame.subarray(4)]).toEqual([247, 208, 60, 255]);
  expect(frame[3]).toBe(0);
  expect(colourIn(new Uint8ClampedArray([0, 0, 0, 255]))).toBe(false);
});
