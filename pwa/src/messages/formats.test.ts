import { expect, test } from 'vitest';
import { fixedOf, millimetresOf, numberOf, percentOf, sizeOf, timeLeft } from './formats';

test('sizes and times are told as people say them', () => {
  expect([sizeOf(999), sizeOf(15_800_000)]).toEqual(['999 byte', '15.8 MB']);
  expect([timeLeft(0.2), timeLeft(12.1), timeLeft(300), timeLeft(undefined)]).toEqual([
    'almost done',
    '13 sec left',
    '5 min left',
    '',
  ]);
});

test('numbers keep the digits they are said with and a true minus', () => {
  expect([numberOf(-1234), fixedOf(-3, 1), millimetresOf(6), percentOf(0.931)]).toEqual([
    '−1,234',
    '−3.0',
    '6.0 mm',
    '93%',
  ]);
});
