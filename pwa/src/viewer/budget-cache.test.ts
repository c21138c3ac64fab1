import { expect, test } from 'vitest';
import { BudgetCache } from './budget-cache';

test('what was used longest ago falls out when the budget is passed', () => {
  const dropped: string[] = [];
  const cache = new BudgetCache<string>(30, (_, key) => dropped.push(key));
  cache.put('a', 'A', 10);
  cache.put('b', 'B', 10);
  cache.put('c', 'C', 10);

  cache.get('a');
  cache.put('d', 'D', 10);

  expect(dropped).toEqual(['b']);
  expect(cache.has('a')).toBe(true);
  expect(cache.used).toBe(30);
});

test('a value larger than the whole budget is kept alone', () => {
  const cache = new BudgetCache<string>(30);
  cache.put('small', 's', 10);

  cache.put('large', 'l', 50);

  expect(cache.has('small')).toBe(false);
  expect(cache.get('large')).toBe('l');
});

test('putting a key again counts its size once and hands out the old value', () => {
  const dropped: string[] = [];
  const cache = new BudgetCache<string>(30, (value) => dropped.push(value));
  cache.put('a', 'old', 10);

  cache.put('a', 'new', 20);

  expect(cache.used).toBe(20);
  expect(dropped).toEqual(['old']);
});

test('clearing hands out everything once', () => {
  const dropped: string[] = [];
  const cache = new BudgetCache<string>(30, (value) => dropped.push(value));
  cache.put('a', 'A', 10);
  cache.put('b', 'B', 10);

  cache.clear();
  cache.clear();

  expect(dropped).toEqual(['A', 'B']);
  expect(cache.used).toBe(0);
});
