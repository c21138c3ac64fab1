import { expect, test } from 'vitest';
import { probabilityOf } from './findings';

test('no probability is told as a certainty', () => {
  expect([probabilityOf(0.0004), probabilityOf(0.931), probabilityOf(0.9996)]).toEqual(['< 1%', '93%', '> 99%']);
});
