import { describe, expect, test } from 'vitest';
import { fillGreys } from './canvas-renderer';
import { type LosslessPicture, pictureOf, rangeOf, type Shading, storedValueAt } from './picture';
import { rampOf } from './window-level';

const CT: Shading = {
  slope: 1,
  intercept: -1024,
  ...rampOf({ center: 128, width: 256 }),
  isInverted: false,
  padding: undefined,
};

function grey(pixels: LosslessPicture['pixels'], width = pixels.length): LosslessPicture {
  return { kind: 'lossless', key: 'k', width, height: pixels.length / width, samples: 1, pixels };
}

describe('stored values', () => {
  test('are read with the sign that the stack has', () => {
    const bytes = new Int16Array([-2000, 5]).buffer;
    const image = { width: 2, height: 1, samples: 1, bits: 16, isSigned: true, bytes };

    expect(pictureOf('k', image, true).pixels[0]).toBe(-2000);
    expect(pictureOf('k', image, false).pixels[0]).toBe(63536);
  });

  test('of eight bits lie in one byte', () => {
    const image = { width: 2, height: 1, samples: 1, bits: 8, isSigned: false, bytes: new Uint8Array([7, 255]).buffer };

    expect([...pictureOf('k', image, false).pixels]).toEqual([7, 255]);
  });

  test('under a point are those of the pixel whose area holds it', () => {
    const picture = grey(new Int16Array([1, 2, 3, 4]), 2);

    expect(storedValueAt(picture, 0.99, 0.01)).toBe(1);
    expect(storedValueAt(picture, 1, 1.5)).toBe(4);
    expect(storedValueAt(picture, 2, 0)).toBeUndefined();
    expect(storedValueAt(picture, -0.1, 0)).toBeUndefined();
  });

  test('tell their range', () => {
    expect(rangeOf(grey(new Int16Array([3, -7, 12])))).toEqual({ least: -7, most: 12 });
  });
});

describe('greys on a plain canvas', () => {
  const shade = (picture: LosslessPicture, shading: Partial<Shading> = {}) => {
    const rgba = new Uint8ClampedArray(picture.width * picture.height * 4);
    fillGreys(picture, { ...CT, ...shading }, rgba);
    return [...rgba];
  };

  test('come from rescaled values', () => {
    expect(shade(grey(new Uint16Array([1024, 1279])))).toEqual([0, 0, 0, 255, 255, 255, 255, 255]);
  });

  test('are turned round for MONOCHROME1, but padding stays black', () => {
    const rgba = shade(grey(new Int16Array([1024, -2000])), { isInverted: true, padding: -2000 });

    expect(rgba).toEqual([255, 255, 255, 255, 0, 0, 0, 255]);
  });

  test('leave colours as they are', () => {
    const picture: LosslessPicture = { ...grey(new Uint8Array([9, 8, 7])), width: 1, height: 1, samples: 3 };

    expect(shade(picture)).toEqual([9, 8, 7, 255]);
  });
});
