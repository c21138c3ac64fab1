import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Failure } from '../graphql/failure';
import { Store } from '../graphql/store';

const disk = vi.hoisted(() => new Map<string, string>());
const add = vi.hoisted(() => vi.fn());
const isFull = vi.hoisted(() => ({ value: false }));
vi.mock('./vault', () => ({
  begin: async () => {
    if (isFull.value) throw new Error('Nothing can be kept.');
  },
  namesIn: async () => [...disk.keys()].sort(),
  getValue: async (_: string, name: string) => JSON.parse(disk.get(name) ?? 'null'),
  putValue: async (_: string, name: string, value: unknown) => void disk.set(name, JSON.stringify(value)),
  remove: async (_: string, name: string) => void disk.delete(name),
}));
vi.mock('./outbox-senders', () => ({ SENDERS: { addComment: add, giveFeedback: add } }));
vi.mock('../graphql/session', () => ({
  session: new Store({ kind: 'signed-in', viewer: { user: { id: 'User:1' } } }),
  hearAnswers: () => undefined,
}));
vi.mock('../graphql/live', () => ({ isLive: new Store(true) }));

// Node has a navigator from 21 on only.
vi.stubGlobal('navigator', {});

const { discard, forgetOutbox, hearSent, isOf, outbox, readOutbox, sendAgain, sendUnsent, write } = await import(
  './outbox'
);

const comment = (body: string) => ({ caseId: 'Case:1', body, idempotencyKey: `key of ${body}` });
const bodies = () => add.mock.calls.map(([{ body }]) => body);
const settled = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => {
  vi.useFakeTimers();
  disk.clear();
  isFull.value = false;
  forgetOutbox();
  add.mockReset();
  add.mockImplementation(async ({ body }) => ({ kind: 'addComment', comment: { body } }));
});

afterEach(() => {
  forgetOutbox();
  vi.useRealTimers();
});

test('what is written is kept before it is sent, and gone when it was taken', async () => {
  const heard: unknown[] = [];
  const leave = hearSent((subject, sent) => heard.push([subject, sent]));
  add.mockImplementation(async ({ body }) => {
    expect(disk.size).toBe(1);
    return { kind: 'addComment', comment: { body } };
  });

  await write('addComment', 'Case:1', comment('one'));
  await settled();

  expect(outbox.value).toEqual([]);
  expect(disk.size).toBe(0);
  expect(heard).toEqual([['Case:1', { kind: 'addComment', comment: { body: 'one' } }]]);
  leave();
});

test('without an answer all wait, and go later in the order of writing under the keys they were written with', async () => {
  add.mockRejectedValueOnce(new Failure('OFFLINE', 'No answer.'));
  await write('addComment', 'Case:1', comment('one'));
  await settled();
  add.mockRejectedValueOnce(new Failure('UNAVAILABLE', 'Busy.'));
  await write('addComment', 'Case:1', comment('two'));
  await settled();
  expect(outbox.value).toHaveLength(2);
  add.mockClear();

  await vi.advanceTimersByTimeAsync(60_000);

  expect(bodies()).toEqual(['one', 'two']);
  expect(add.mock.calls[0]?.[0].idempotencyKey).toBe('key of one');
  expect(outbox.value).toEqual([]);
});

test('a refusal stays with its words and lets the next one pass', async () => {
  add.mockRejectedValueOnce(new Failure('FORBIDDEN', 'You no longer take part.'));
  await write('addComment', 'Case:1', comment('one'));
  await write('addComment', 'Case:1', comment('two'));
  await settled();

  const [refused] = outbox.value;
  expect(outbox.value).toHaveLength(1);
  expect(refused?.refusal).toBe('You no longer take part.');
  sendUnsent();
  await settled();
  expect(bodies()).toEqual(['one', 'two']);

  if (refused) await sendAgain(refused);
  await settled();
  expect(outbox.value).toEqual([]);
  expect(bodies()).toEqual(['one', 'two', 'one']);
});

test('a session that ended refuses nothing: its owner sends it later', async () => {
  add.mockRejectedValue(new Failure('UNAUTHENTICATED', 'Sign in again.'));
  await write('addComment', 'Case:1', comment('one'));
  await settled();

  expect(outbox.value[0]?.refusal).toBeUndefined();
  expect(disk.size).toBe(1);
});

test('the server is left alone for as long as it says', async () => {
  add.mockRejectedValueOnce(new Failure('RATE_LIMITED', 'Too many.', 40));
  await write('addComment', 'Case:1', comment('one'));
  await vi.advanceTimersByTimeAsync(39_000);
  sendUnsent();
  await settled();
  expect(bodies()).toEqual(['one']);

  await vi.advanceTimersByTimeAsync(2_000);
  expect(bodies()).toEqual(['one', 'one']);
});

test('a new page finds what an old one left; what was discarded is not there', async () => {
  add.mockRejectedValue(new Failure('OFFLINE', 'No answer.'));
  await write('addComment', 'Case:1', comment('one'));
  await write('addComment', 'Case:1', comment('two'));
  await settled();
  const [first] = outbox.value;
  if (first) await discard(first);
  forgetOutbox();

  await readOutbox();

  expect(outbox.value.map((unsent) => isOf('addComment', unsent) && unsent.input.body)).toEqual(['two']);
});

test('where nothing can be kept the page holds it, says so, and still sends it', async () => {
  isFull.value = true;
  add.mockRejectedValueOnce(new Failure('OFFLINE', 'No answer.'));
  await write('addComment', 'Case:1', comment('one'));
  await settled();
  expect(outbox.value[0]?.isKept).toBe(false);

  await vi.advanceTimersByTimeAsync(60_000);
  expect(outbox.value).toEqual([]);
});

test('while it waits, a newer one takes the place of an older one, and only the newer one is sent', async () => {
  add.mockRejectedValue(new Failure('OFFLINE', 'No answer.'));
  const choose = (agreement: 'AGREE' | 'DISAGREE') =>
    write(
      'giveFeedback',
      'Case:1',
      { analysisId: 'Analysis:1', agreement, idempotencyKey: `key of ${agreement}` },
      (earlier) => isOf('giveFeedback', earlier),
    );
  await choose('AGREE');
  await write('addComment', 'Case:1', comment('between'));
  await settled();
  await choose('DISAGREE');
  await settled();
  expect(disk.size).toBe(2);
  add.mockReset();
  add.mockResolvedValue({ kind: 'giveFeedback', analysis: undefined });

  await vi.advanceTimersByTimeAsync(60_000);

  expect(add.mock.calls.map(([{ idempotencyKey }]) => idempotencyKey)).toEqual(['key of between', 'key of DISAGREE']);
  expect(disk.size).toBe(0);
});

test('one that is on its way when a newer one is written goes first, and is not sent again', async () => {
  let answer: (error: Error) => void = () => undefined;
  add.mockImplementationOnce(() => new Promise((_, reject) => (answer = reject)));
  const choose = (idempotencyKey: string) =>
    write('giveFeedback', 'Case:1', { analysisId: 'Analysis:1', agreement: 'AGREE', idempotencyKey }, (earlier) =>
      isOf('giveFeedback', earlier),
    );
  await choose('first');
  await settled();
  await choose('second');
  answer(new Failure('FORBIDDEN', 'You no longer take part.'));
  await vi.advanceTimersByTimeAsync(60_000);

  expect(add.mock.calls.map(([{ idempotencyKey }]) => idempotencyKey)).toEqual(['first', 'second']);
  expect(outbox.value).toEqual([]);
  expect(disk.size).toBe(0);
});
