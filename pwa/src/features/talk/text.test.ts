import { expect, test } from 'vitest';
import { piecesOf } from './text';

const ADA = { id: 'User:1', displayName: 'Ada Vance' };

test('a mention shows the name, and somebody whom one may not know none', () => {
  expect(piecesOf('See @[User:1] and @[User:2].', [ADA])).toEqual([
    { kind: 'words', text: 'See ' },
    { kind: 'person', text: '@Ada Vance' },
    { kind: 'words', text: ' and ' },
    { kind: 'person', text: '@somebody' },
    { kind: 'words', text: '.' },
  ]);
});

test('an address of the web is a link, without the sentence around it', () => {
  expect(piecesOf('(https://example.org/a?b=c).', [])).toEqual([
    { kind: 'words', text: '(' },
    { kind: 'link', text: 'https://example.org/a?b=c', href: 'https://example.org/a?b=c' },
    { kind: 'words', text: ').' },
  ]);
});

test.each(['javascript:alert(1)', '<b>bold</b>', 'data:text/html,x', 'http://', ''])('%s stays what it is', (body) => {
  const pieces = piecesOf(body, []);

  expect(pieces.every(({ kind }) => kind === 'words')).toBe(true);
  expect(pieces.map(({ text }) => text).join('')).toBe(body);
});
