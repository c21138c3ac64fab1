import { expect, test } from 'vitest';
import { isAlive } from './vault';

const HOUR = 3_600_000;
const NOON = Date.parse('2026-11-26T12:00:00Z');

test('what is kept may be read for twelve hours after the server last confirmed the session', () => {
  for (const part of ['words', 'cases'] as const) {
    expect(isAlive(part, NOON, NOON)).toBe(true);
    expect(isAlive(part, NOON, NOON + 12 * HOUR - 1)).toBe(true);
    expect(isAlive(part, NOON, NOON + 12 * HOUR)).toBe(false);
  }
});

test('a clock that was set back does not make it live longer', () => {
  expect(isAlive('cases', NOON, NOON - 4 * 60_000)).toBe(true);
  expect(isAlive('cases', NOON, NOON - 6 * 60_000)).toBe(false);
});
