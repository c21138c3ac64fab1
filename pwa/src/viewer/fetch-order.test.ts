import { describe, expect, test } from 'vitest';
import { type FetchView, isStillWanted, nextWanted, outwards, type Wanted } from './fetch-order';

/** Fetches one after the other as the loader would, and tells the order. */
function orderOf(view: Partial<FetchView>, count: number): string[] {
  const here = new Set<string>();
  const name = ({ quality, index }: Wanted) => `${quality} ${index}`;
  const full: FetchView = {
    index: 2,
    frameCount: 6,
    direction: 1,
    reach: 100,
    hasPreviews: true,
    has: (quality, index) => here.has(name({ quality, index })),
    isFetching: () => false,
    ...view,
  };
  const order: string[] = [];
  while (order.length < count) {
    const wanted = nextWanted(full);
    if (!wanted) break;
    order.push(name(wanted));
    here.add(name(wanted));
  }
  return order;
}

describe('outwards', () => {
  test('goes three slices ahead for one behind, in the direction of travel', () => {
    expect([...outwards(5, 10, 1)]).toEqual([5, 6, 7, 8, 4, 9, 3, 2, 1, 0]);
    expect([...outwards(5, 10, -1)]).toEqual([5, 4, 3, 2, 6, 1, 0, 7, 8, 9]);
  });

  test('gives every slice of a stack exactly once, from wherever it starts', () => {
    for (let start = 0; start < 17; start += 1) {
      for (const direction of [1, -1] as const) {
        const order = [...outwards(start, 17, direction)];
        expect(new Set(order).size).toBe(17);
        expect(order).toHaveLength(17);
      }
    }
  });

  test('stops at its limit', () => {
    expect([...outwards(5, 10, 1, 4)]).toEqual([5, 6, 7, 8]);
    expect([...outwards(0, 1, 1, 4)]).toEqual([0]);
  });
});

describe('the next fetch', () => {
  test('is the preview of the slice on the screen, then that slice, then the strip, then the neighbours', () => {
    expect(orderOf({}, 20)).toEqual([
      'preview 2',
      'lossless 2',
      'preview 3',
      'preview 4',
      'preview 5',
      'preview 1',
      'preview 0',
      'lossless 3',
      'lossless 4',
      'lossless 5',
      'lossless 1',
      'lossless 0',
    ]);
  });

  test('goes without previews where a stack has none', () => {
    expect(orderOf({ hasPreviews: false }, 3)).toEqual(['lossless 2', 'lossless 3', 'lossless 4']);
  });

  test('asks for no more neighbours than memory holds', () => {
    const lossless = orderOf({ reach: 3 }, 20).filter((name) => name.startsWith('lossless'));
    expect(lossless).toEqual(['lossless 2', 'lossless 3', 'lossless 4']);
  });

  test('leaves out what is on its way', () => {
    const isFetching: FetchView['isFetching'] = (quality) => quality === 'lossless';
    expect(orderOf({ isFetching }, 2)).toEqual(['preview 2', 'preview 3']);
  });
});

test('a slice on its way is given up when the reader has left it behind', () => {
  expect(isStillWanted(12, { index: 10, direction: 1 })).toBe(true);
  expect(isStillWanted(12, { index: 10, direction: -1 })).toBe(true);
  expect(isStillWanted(7, { index: 10, direction: 1 })).toBe(false);
  expect(isStillWanted(20, { index: 10, direction: 1 })).toBe(false);
});
