import { expect, test } from 'vitest';
import { backoffSeconds } from '../graphql/backoff';
import { Speed } from './speed';

test('the speed is that of the last seconds', () => {
  const speed = new Speed();
  for (let second = 0; second <= 20; second += 1)
    speed.note(second, second < 10 ? second * 100 : 1000 + (second - 10) * 10);

  expect(speed.rate).toBeCloseTo(10);
});

test('nothing is said before a second was seen, nor while nothing goes', () => {
  const speed = new Speed();
  speed.note(0, 0);
  speed.note(0.5, 100);
  expect(speed.rate).toBeUndefined();

  speed.note(1, 0);
  expect(speed.rate).toBeUndefined();
});

test('waiting doubles from half a second to half a minute, and a random half is taken off', () => {
  expect([1, 2, 3, 4].map((attempt) => backoffSeconds(attempt, () => 0))).toEqual([0.5, 1, 2, 4]);
  expect(backoffSeconds(50, () => 0)).toBe(30);
  expect(backoffSeconds(3, () => 1)).toBe(1);
});
