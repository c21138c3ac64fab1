import { expect, test } from 'vitest';
import { type Comment, withComments } from './talk-state';

function comment(id: string, createdAt: string, body = ''): Comment {
  const author = { id: 'User:1', displayName: 'Ada', role: 'CLINICIAN' as const };
  return {
    id,
    body,
    createdAt,
    author,
    audience: 'CLINICIANS',
    editedAt: null,
    deleted: false,
    mentions: [],
    replyTo: null,
    anchor: null,
  };
}

test('comments are in the order of their times, each once, as it is known last', () => {
  const first = comment('Comment:1', '2026-11-01T10:00:00Z');
  const second = comment('Comment:2', '2026-11-01T10:05:00Z');
  const edited = comment('Comment:1', '2026-11-01T10:00:00Z', 'changed');

  expect(withComments([second], [first, second])).toEqual([first, second]);
  expect(withComments([first, second], [edited])).toEqual([edited, second]);
});
