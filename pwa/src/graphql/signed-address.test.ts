import { expect, test } from 'vitest';
import { isOld } from './signed-address';

const NOON = Date.parse('2026-11-25T12:00:00Z');
const ending = (seconds: number) => ({ expiresAt: new Date(NOON + seconds * 1000).toISOString() });
const MINUTES_AGO = NOON - 200_000;

test('an address is good until shortly before its end', () => {
  expect(isOld(ending(100), MINUTES_AGO, NOON)).toBe(false);
  expect(isOld(ending(10), MINUTES_AGO, NOON)).toBe(true);
  expect(isOld(ending(-5), MINUTES_AGO, NOON)).toBe(true);
});

test('an address that came just now is believed on a device whose clock is ahead', () => {
  expect(isOld(ending(-600), NOON - 1_000, NOON)).toBe(false);
});

test('an address is looked at again when the clock was set back', () => {
  expect(isOld(ending(10), NOON + 3_600_000, NOON)).toBe(true);
});
