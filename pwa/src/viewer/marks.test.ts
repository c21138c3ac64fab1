import { expect, test } from 'vitest';
import { type Mark, marksOn, neighbourMark, outlinesOf } from './marks';

function mark(id: string, frameIndex: number, diameterMm?: number): Mark {
  return {
    id,
    name: id,
    description: id,
    frameIndex,
    box: { left: 0, top: 0, width: 1, height: 1 },
    diameterMm,
    isStrong: true,
  };
}

test('a mark shows on its slice and on those that its diameter reaches', () => {
  const marks = [mark('a', 10, 10)];

  expect(marksOn(10, marks, 2.5).map(({ isBest }) => isBest)).toEqual([true]);
  expect(marksOn(12, marks, 2.5).map(({ isBest }) => isBest)).toEqual([false]);
  expect(marksOn(13, marks, 2.5)).toEqual([]);
});

test('without spacing or diameter it shows on its slice only', () => {
  expect(marksOn(11, [mark('a', 10, 10)], null)).toEqual([]);
  expect(marksOn(11, [mark('a', 10)], 2.5)).toEqual([]);
});

test('marks of one place get one outline with all their names, the selected one drawn', () => {
  const at = (id: string, frameIndex: number, left: number): Mark => ({
    ...mark(id, frameIndex, 30),
    box: { left, top: 100, width: 20, height: 20 },
  });
  const marks = marksOn(10, [at('1', 10, 100), at('2', 11, 104), at('3', 10, 102), at('4', 10, 300)], 2.5);

  const outlines = outlinesOf(marks, '2');

  expect(outlines.map(({ mark: { id }, names }) => [id, names.join(' ')])).toEqual([
    ['2', '2 1 3'],
    ['4', '4'],
  ]);
});

test('next and previous go in slice order and round', () => {
  const marks = [mark('a', 40), mark('b', 10), mark('c', 40)];

  expect(neighbourMark(0, marks, 1, undefined)?.id).toBe('b');
  expect(neighbourMark(10, marks, 1, 'b')?.id).toBe('a');
  expect(neighbourMark(40, marks, 1, 'a')?.id).toBe('c');
  expect(neighbourMark(40, marks, 1, 'c')?.id).toBe('b');
  expect(neighbourMark(10, marks, -1, 'b')?.id).toBe('c');
  expect(neighbourMark(5, [], 1, undefined)).toBeUndefined();
});
