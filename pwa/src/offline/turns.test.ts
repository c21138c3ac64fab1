import { expect, test } from 'vitest';
import { Turns } from './turns';

test('one begins when the one before it has ended, well or not', async () => {
  const { take } = new Turns();
  const { signal } = new AbortController();
  const seen: string[] = [];
  const step = (name: string, isFailing = false) =>
    take(signal, async () => {
      seen.push(`${name} begins`);
      await new Promise((resolve) => setTimeout(resolve, 5));
      seen.push(`${name} ends`);
      if (isFailing) throw new Error(name);
    }).catch(() => seen.push(`${name} failed`));

  await Promise.all([step('first', true), step('second')]);

  expect(seen).toEqual(['first begins', 'first ends', 'first failed', 'second begins', 'second ends']);
});

test('what was called off while it waited does nothing', async () => {
  const { take } = new Turns();
  const waiting = new AbortController();
  const first = take(new AbortController().signal, () => new Promise((resolve) => setTimeout(resolve, 5, 'done')));
  let wasRun = false;
  const second = take(waiting.signal, async () => {
    wasRun = true;
  });
  waiting.abort();

  await expect(second).rejects.toThrow(DOMException);
  expect([await first, wasRun]).toEqual(['done', false]);
});
