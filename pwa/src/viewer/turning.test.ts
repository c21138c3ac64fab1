import { expect, test } from 'vitest';
import { isSideways, isUpright, type Turn, toImageAxes, toScreenAxes, turned, turningWords, UPRIGHT } from './turning';

const after = (...turns: Turn[]) => turns.reduce(turned, UPRIGHT);

test('a quarter clockwise brings the top to the right', () => {
  expect(toScreenAxes(after('rotate'), { x: 0, y: -1 })).toEqual({ x: 1, y: 0 });
  expect(isSideways(after('rotate'))).toBe(true);
});

test('four quarters, and each flip twice, bring the picture back', () => {
  expect(after('rotate', 'rotate', 'rotate', 'rotate')).toEqual(UPRIGHT);
  expect(after('flip-across', 'flip-across')).toEqual(UPRIGHT);
  expect(after('flip-down', 'flip-down')).toEqual(UPRIGHT);
  expect(isUpright(after('flip-across', 'flip-down', 'rotate', 'rotate'))).toBe(true);
});

test('a flip is across the screen, also of a picture that lies on its side', () => {
  const turning = after('rotate', 'flip-across');

  expect(toScreenAxes(turning, { x: 0, y: -1 })).toEqual({ x: -1, y: 0 });
});

test.each([
  [[], 'Picture as scanned'],
  [['rotate'], 'Picture turned 90°'],
  [['rotate', 'rotate', 'rotate'], 'Picture turned 270°'],
  [['flip-across'], 'Picture mirrored'],
  [['flip-down'], 'Picture mirrored and turned 180°'],
  [['flip-across', 'rotate'], 'Picture mirrored and turned 90°'],
] as [Turn[], string][])('after %j it is said to be "%s"', (turns, words) => {
  expect(turningWords(after(...turns))).toBe(words);
});

test('screen and image axes turn into each other in all eight ways', () => {
  for (const first of [[], ['flip-across']] as Turn[][]) {
    for (let quarters = 0; quarters < 4; quarters += 1) {
      const turning = after(...first, ...Array.from({ length: quarters }, (): Turn => 'rotate'));
      const back = toImageAxes(turning, toScreenAxes(turning, { x: 3, y: 7 }));

      expect([back.x, back.y]).toEqual([3, 7]);
    }
  }
});
