import { expect, test } from 'vitest';
import { type Page, withFirstPage, withNextPage, withRow } from './pages';

interface Row {
  readonly id: string;
  readonly title?: string;
}
const page = (ids: string, hasMore = true, total = 9): Page<Row> => ({
  rows: [...ids].map((id) => ({ id })),
  endCursor: ids.at(-1),
  hasMore,
  total,
});
const idsOf = ({ rows }: Page<Row>) => rows.map(({ id }) => id).join('');

test('a row that moved between two pages shows once', () => {
  expect(idsOf(withNextPage(page('abc'), page('cde')))).toBe('abcde');
});

test('a first page read again keeps what was read beyond it', () => {
  const next = withFirstPage(page('abcdef'), page('xab'));

  expect(idsOf(next)).toBe('xabdef');
  expect(next.endCursor).toBe('f');
});

test('a first page that is all there is replaces everything', () => {
  expect(idsOf(withFirstPage(page('abcdef'), page('ab', false, 2)))).toBe('ab');
});

test('news of a row changes it in its place and adds none', () => {
  const now = page('abc');

  expect(withRow<Row, Page<Row>>(now, { id: 'b', title: 'new' }).rows[1]?.title).toBe('new');
  expect(withRow(now, { id: 'z' })).toBe(now);
});
