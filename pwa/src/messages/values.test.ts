import { expect, test } from 'vitest';
import { wordOf } from './values';

test('a word that this version does not know is still readable', () => {
  expect([wordOf('INFERRING'), wordOf('SOME_NEW_STATE')]).toEqual(['Looking for findings', 'Some new state']);
});
