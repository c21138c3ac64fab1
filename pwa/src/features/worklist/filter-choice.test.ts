import { expect, test } from 'vitest';
import { countOf, EVERYTHING, filterOf, isFiltered, toggled } from './filter-choice';

const NOON = Date.parse('2026-03-10T12:00:00Z');

test('nothing chosen asks for everything', () => {
  expect(filterOf(EVERYTHING, NOON)).toEqual({});
  expect([isFiltered(EVERYTHING), countOf(EVERYTHING), isFiltered({ ...EVERYTHING, text: '  ' })]).toEqual([
    false,
    0,
    false,
  ]);
});

test('each choice is asked for', () => {
  const choice = {
    ...EVERYTHING,
    text: ' chest ',
    status: 'READY',
    urgency: ['URGENT'],
    modality: ['CT', 'MR'],
    period: 'week',
  } as const;

  expect(filterOf(choice, NOON)).toEqual({
    text: 'chest',
    status: ['READY'],
    urgency: ['URGENT'],
    modality: ['CT', 'MR'],
    createdAfter: '2026-03-03T12:00:00.000Z',
  });
  expect(countOf(choice)).toBe(3);
});

test('a value chosen twice is not chosen', () => {
  expect(toggled(toggled(['CT'], 'MR'), 'CT')).toEqual(['MR']);
});
