import { expect, test } from 'vitest';
import { FAR_ENOUGH, pulledBy } from './pull';

test('the list gives way ever less and never runs off', () => {
  const travels = [-40, 0, 10, FAR_ENOUGH, 400, 4000];
  const pulls = travels.map(pulledBy);

  expect(pulls.slice(0, 2)).toEqual([0, 0]);
  expect(pulls).toEqual([...pulls].sort((one, other) => one - other));
  expect(pulls.every((pull) => pull <= 120)).toBe(true);
});
