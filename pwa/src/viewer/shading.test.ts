import { expect, test } from 'vitest';
import type { LosslessPicture, PreviewPicture } from './picture';
import { rangeWindow, rescaleOf, type ShadedStack, shadingOf } from './shading';

const stack = (photometricInterpretation: string): ShadedStack => ({
  photometricInterpretation,
  paddingValue: null,
  frameTable: [],
});
const WINDOW = { name: 'Lung', center: -600, width: 1500 };
const whole = { kind: 'lossless', pixels: new Int16Array([-5, 10]) } as unknown as LosslessPicture;
const preview = { kind: 'preview' } as unknown as PreviewPicture;
const isInverted = (interpretation: string, picture: LosslessPicture | PreviewPicture, byReader: boolean) =>
  shadingOf(stack(interpretation), 0, picture, WINDOW, byReader).isInverted;

test('inverting turns the greys round, once more where the scanner had them so', () => {
  expect(isInverted('MONOCHROME2', whole, true)).toBe(true);
  expect(isInverted('MONOCHROME1', whole, false)).toBe(true);
  expect(isInverted('MONOCHROME1', whole, true)).toBe(false);
});

test('a preview is inverted like the picture that follows it', () => {
  expect(isInverted('MONOCHROME1', preview, true)).toBe(true);
  expect(isInverted('MONOCHROME1', preview, false)).toBe(false);
});

test('colours are never inverted', () => {
  expect(isInverted('RGB', whole, true)).toBe(false);
});

test('a frame without a rescale is shown by its stored values', () => {
  expect(rescaleOf({ frameTable: [] }, 3)).toEqual({ slope: 1, intercept: 0 });
  expect(rangeWindow(whole, { slope: 2, intercept: 1 })).toMatchObject({ center: 6.5, width: 31 });
});
