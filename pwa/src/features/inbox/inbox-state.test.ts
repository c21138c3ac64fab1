import { expect, test } from 'vitest';
import { type Notification, withArrived, withRead } from './inbox-state';

const at = '2026-03-10T12:00:00.000Z';

function told(id: string, readAt: string | null = null): Notification {
  return { id, kind: 'REPLY', text: '1 reply', at, readAt, case: null, subject: null };
}

test('one that is told again comes to the top and is counted once', () => {
  const page = { rows: [told('a'), told('b')], endCursor: 'b', hasMore: true, total: 7 };

  const again = withArrived(page, { ...told('b'), text: '2 replies' });
  const fresh = withArrived(again, told('c'));

  expect(again.rows.map(({ id, text }) => [id, text])).toEqual([
    ['b', '2 replies'],
    ['a', '1 reply'],
  ]);
  expect([again.total, fresh.total, fresh.rows.length, fresh.endCursor]).toEqual([7, 8, 3, 'b']);
});

test('what is read stays read since when it was', () => {
  const rows = withRead([told('a'), told('b', 'before'), told('c')], ['a', 'b'], 'now');

  expect(rows.map(({ readAt }) => readAt)).toEqual(['now', 'before', null]);
});
