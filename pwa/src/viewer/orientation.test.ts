import { expect, test } from 'vitest';
import { edgeLetters, lettersOf, opposite, slicePosition } from './orientation';
import { type Turn, turned, UPRIGHT } from './turning';

const L = { x: 1, y: 0, z: 0 };
const P = { x: 0, y: 1, z: 0 };

test('an axial slice runs to the left and to the back of the patient', () => {
  expect([lettersOf(L), lettersOf(P), lettersOf(opposite(L)), lettersOf(opposite(P))]).toEqual(['L', 'P', 'R', 'A']);
});

test('an oblique direction is told by its strongest letters first', () => {
  expect(lettersOf({ x: 0.8, y: 0, z: -0.6 })).toBe('LF');
  expect(lettersOf({ x: 0.1, y: 0.995, z: 0 })).toBe('P');
});

test('the position is told along the axis that the stack runs along', () => {
  expect(slicePosition({ x: -10, y: -20, z: -115.6 }, L, P)).toEqual({ axis: 'z', mm: -115.6 });
  expect(slicePosition({ x: -10, y: -20, z: 5 }, P, { x: 0, y: 0, z: -1 })).toEqual({ axis: 'x', mm: -10 });
});

test.each([
  [[], 'R L A P'],
  [['rotate'], 'P A R L'],
  [['flip-across'], 'L R A P'],
  [['flip-down'], 'R L P A'],
  [['rotate', 'flip-across'], 'A P R L'],
  [['rotate', 'rotate'], 'L R P A'],
] as [Turn[], string][])('the letters left, right, above and below follow %j', (turns, letters) => {
  const { left, right, top, bottom } = edgeLetters(L, P, turns.reduce(turned, UPRIGHT));

  expect([left, right, top, bottom].join(' ')).toBe(letters);
});
