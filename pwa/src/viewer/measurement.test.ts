import { describe, expect, test } from 'vitest';
import { type MeasuredStack, quantitiesOf, statisticsOf } from './measurement';
import type { LosslessPicture } from './picture';
import { quantityLines } from './quantity-words';

const WIDTH = 40;
const HEIGHT = 30;
/** Each stored value is different, so that a pixel too many or too few is seen. */
const pixels = new Int16Array(WIDTH * HEIGHT).map((_, at) => ((at * 7919) % 3001) - 1000);
const picture: LosslessPicture = { kind: 'lossless', key: 'k', width: WIDTH, height: HEIGHT, samples: 1, pixels };
const frame = { index: 0, position: null, rowDirection: null, columnDirection: null };
const stack: MeasuredStack = {
  frameTable: [
    { ...frame, rescaleSlope: 1, rescaleIntercept: -1024 },
    { ...frame, rescaleSlope: -0.5, rescaleIntercept: 10 },
  ],
  paddingValue: null,
  rowSpacing: 0.8,
  columnSpacing: 0.5,
  unit: 'HU',
};
const ellipse = (x: number, y: number, toX: number, toY: number, frameIndex = 0) => ({
  kind: 'ELLIPSE' as const,
  frameIndex,
  points: [
    { x, y },
    { x: toX, y: toY },
  ],
});
const NO_RESCALE = { slope: 1, intercept: 0 };

function quantityOf(name: string, shape: Parameters<typeof quantitiesOf>[0], of: MeasuredStack = stack) {
  return quantitiesOf(shape, of, picture).find((quantity) => quantity.name === name)?.value;
}

describe('the values of an ellipse', () => {
  test('are of the pixels whose middles lie in it', () => {
    // A circle of 3 pixels across between pixel corners holds the middles of a plus and its four corners: 9 pixels but
    // for those farther away than 1.5: none, as the corners are 1.41 away.
    const found = statisticsOf(picture, { middle: { x: 10.5, y: 8.5 }, radius: { x: 1.5, y: 1.5 } }, NO_RESCALE, null);
    const inside = [-1, 0, 1].flatMap((row) =>
      [-1, 0, 1].map((column) => pixels[(8 + row) * WIDTH + 10 + column] ?? 0),
    );
    const mean = inside.reduce((sum, value) => sum + value, 0) / 9;

    expect(found?.count).toBe(9);
    expect(found?.mean).toBeCloseTo(mean, 9);
    expect(found?.deviation).toBeCloseTo(Math.sqrt(inside.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 9), 9);
  });

  test('take a middle on the line as inside', () => {
    const found = statisticsOf(picture, { middle: { x: 10.5, y: 8.5 }, radius: { x: 1, y: 1 } }, NO_RESCALE, null);

    expect(found?.count).toBe(5);
  });

  test('are rescaled as their own frame is', () => {
    const one = statisticsOf(picture, { middle: { x: 20, y: 15 }, radius: { x: 6, y: 4 } }, NO_RESCALE, null);

    expect(quantityOf('Mean', ellipse(14, 11, 26, 19))).toBeCloseTo((one?.mean ?? 0) - 1024, 9);
    expect(quantityOf('Mean', ellipse(14, 11, 26, 19, 1))).toBeCloseTo((one?.mean ?? 0) * -0.5 + 10, 9);
    expect(quantityOf('Standard Deviation', ellipse(14, 11, 26, 19, 1))).toBeCloseTo((one?.deviation ?? 0) * 0.5, 9);
  });

  test('leave out padding, and what lies outside the image', () => {
    const stored = pixels[5 * WIDTH + 5] ?? 0;
    const around = { middle: { x: 5.5, y: 5.5 }, radius: { x: 1, y: 1 } };

    expect(statisticsOf(picture, around, NO_RESCALE, stored)?.count).toBe(4);
    expect(statisticsOf(picture, { middle: { x: 0, y: 0 }, radius: { x: 1, y: 1 } }, NO_RESCALE, null)?.count).toBe(1);
    expect(
      statisticsOf(picture, { middle: { x: WIDTH, y: HEIGHT }, radius: { x: 1, y: 1 } }, NO_RESCALE, null)?.count,
    ).toBe(1);
  });

  test('are none where no middle lies in it, and none in colour', () => {
    const thin = { middle: { x: 5, y: 5 }, radius: { x: 0.2, y: 3 } };

    expect(statisticsOf(picture, thin, NO_RESCALE, null)).toBeUndefined();
    expect(
      statisticsOf({ ...picture, samples: 3 }, { ...thin, radius: { x: 3, y: 3 } }, NO_RESCALE, null),
    ).toBeUndefined();
  });

  test('wait for the whole slice; the area does not', () => {
    const names = quantitiesOf(ellipse(14, 11, 26, 19), stack, undefined).map(({ name }) => name);

    expect(names).toEqual(['Area']);
    expect(quantityOf('Area', ellipse(14, 11, 26, 19))).toBeCloseTo(Math.PI * 6 * 4 * 0.8 * 0.5, 9);
  });
});

describe('in words', () => {
  const ruler = {
    kind: 'LENGTH' as const,
    frameIndex: 0,
    points: [
      { x: 0, y: 0 },
      { x: 12.3, y: 0 },
    ],
  };

  test('a length is in mm, or in pixels and said so', () => {
    expect(quantityLines(quantitiesOf(ruler, stack, picture))).toEqual(['6.2 mm']);
    expect(quantityLines(quantitiesOf(ruler, { ...stack, rowSpacing: null }, picture))).toEqual([
      '12.3 px, no spacing known',
    ]);
  });

  test('an ellipse tells mean, deviation and area', () => {
    const words = quantityLines([
      { name: 'Area', value: 85.31, unit: 'mm2' },
      { name: 'Mean', value: -724.06, unit: "[hnsf'U]" },
      { name: 'Standard Deviation', value: 30.25, unit: "[hnsf'U]" },
      { name: 'Minimum', value: -1000, unit: "[hnsf'U]" },
    ]);

    expect(words).toEqual(['Mean −724.1 HU', 'SD 30.3 HU', 'Area 85.3 mm²']);
  });

  test('values that are no HU are not called so', () => {
    const words = quantityLines(quantitiesOf(ellipse(14, 11, 26, 19), { ...stack, unit: null }, picture));

    expect(words[0]).toMatch(/^Mean −?[\d.]+ \(no HU\)/);
  });

  test('what another client measured is told as it is named', () => {
    expect(quantityLines([{ name: 'Volume', value: 3, unit: 'mm3' }])).toEqual(['Volume 3.0 mm3']);
  });
});
