import { expect, test } from 'vitest';
import { addressOf, notificationOf, readPush } from './push';

test('a push is shown in words of the app and leads to its case', () => {
  const push = readPush('{"kind":"REPLY","case":"Q2FzZTox","unread":3}');
  const { title, options } = notificationOf(push);

  expect(push).toEqual({ kind: 'REPLY', case: 'Q2FzZTox', unread: 3 });
  expect([title, options.body, options.tag]).toEqual(['Hilum', 'There is an answer in a discussion.', 'Q2FzZTox']);
  expect(addressOf(push)).toBe('/#/cases/Q2FzZTox/comments');
});

test.each([undefined, '', 'no json', '7', '{"kind":7,"case":"","unread":-1}', '{"kind":"SOMETHING_NEW"}'])(
  'what is not understood (%j) is still shown, and leads to the inbox',
  (text) => {
    const push = readPush(text);

    expect(notificationOf(push).options.body).toBe('There is something new.');
    expect([addressOf(push), push.unread]).toEqual(['/#/inbox', 0]);
  },
);
