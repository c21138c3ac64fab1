import { expect, test } from 'vitest';
import { choiceOf } from './overlay-choice';

test('an overlay is off until it is asked for', () => {
  expect(choiceOf(null)).toEqual({ isOn: false, opacity: 0.5 });
});

test('the choice is remembered, but not one that would hide the picture', () => {
  expect(choiceOf('on 0.35')).toEqual({ isOn: true, opacity: 0.35 });
  expect(choiceOf('on 1')).toEqual({ isOn: false, opacity: 0.5 });
  expect(choiceOf('on NaN')).toEqual({ isOn: false, opacity: 0.5 });
});
