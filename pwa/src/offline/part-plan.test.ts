import { describe, expect, test } from 'vitest';
import { isLitter, matchFiles, PART_SIZE, partsOf, receivedBytes } from './part-plan';

describe('parts', () => {
  test('are 8 MiB, the last one what is left', () => {
    expect(partsOf(PART_SIZE * 2 + 5)).toEqual([
      { start: 0, end: PART_SIZE },
      { start: PART_SIZE, end: PART_SIZE * 2 },
      { start: PART_SIZE * 2, end: PART_SIZE * 2 + 5 },
    ]);
  });

  test('of a file of just one part are one', () => {
    expect(partsOf(PART_SIZE)).toEqual([{ start: 0, end: PART_SIZE }]);
    expect(partsOf(0)).toEqual([{ start: 0, end: 0 }]);
  });

  test('that are not pending count as received', () => {
    expect(receivedBytes(PART_SIZE + 5, [{ size: 5 }])).toBe(PART_SIZE);
    expect(receivedBytes(3, [])).toBe(3);
  });
});

describe('files picked again', () => {
  const wanted = [
    { index: 0, name: 'CT/one.dcm', size: 10 },
    { index: 1, name: 'CT/two.dcm', size: 20 },
  ];

  test('are found by name and size', () => {
    const { found, missing } = matchFiles(wanted, [
      { name: 'CT/two.dcm', size: 20 },
      { name: 'CT/one.dcm', size: 10 },
      { name: 'other', size: 1 },
    ]);

    expect(found.get(0)?.name).toBe('CT/one.dcm');
    expect(found.get(1)?.name).toBe('CT/two.dcm');
    expect(missing).toEqual([]);
  });

  test('of another size are other files', () => {
    const { found, missing } = matchFiles(wanted, [{ name: 'CT/one.dcm', size: 11 }]);

    expect(found.size).toBe(0);
    expect(missing).toHaveLength(2);
  });

  test('without their folder are found if only one fits', () => {
    const one = matchFiles(wanted, [{ name: 'one.dcm', size: 10 }]);
    const twins = matchFiles(wanted, [
      { name: 'a/one.dcm', size: 10 },
      { name: 'b/one.dcm', size: 10 },
    ]);

    expect(one.found.get(0)?.name).toBe('one.dcm');
    expect(twins.found.has(0)).toBe(false);
  });
});

test('what a desktop leaves in folders is not sent', () => {
  expect(['CT/.DS_Store', 'Thumbs.db', '__MACOSX/a', 'x/._one.dcm'].every(isLitter)).toBe(true);
  expect(['CT/one.dcm', 'DICOMDIR', 'IM0001'].some(isLitter)).toBe(false);
});
