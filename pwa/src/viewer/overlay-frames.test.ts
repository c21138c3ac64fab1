import { afterEach, beforeEach, expect, test, vi } from 'vitest';

const request = vi.hoisted(() => vi.fn());
vi.mock('../graphql/session', () => ({ request }));

const { OverlayFrames } = await import('./overlay-frames');

const OVERLAY = { analysisId: 'analysis', kind: 'ATTENTION', title: 'What it went by', stackId: 'stack' } as const;
let fetched: number[];
let aborted: number[];
let status: number;
let answer: () => Promise<void>;

beforeEach(() => {
  fetched = [];
  aborted = [];
  status = 200;
  answer = async () => undefined;
  vi.stubGlobal('location', { origin: 'http://hilum.example' });
  vi.stubGlobal('fetch', async (url: string, { signal }: { signal: AbortSignal }) => {
    const index = Number(url.split('/').at(-1));
    fetched.push(index);
    signal.addEventListener('abort', () => aborted.push(index));
    await answer();
    signal.throwIfAborted();
    return new Response(null, { status });
  });
  const frames = {
    urlTemplate: 'http://hilum.example/overlays/token/{index}',
    mediaType: 'image/png',
    expiresAt: new Date(Date.now() + 300_000).toISOString(),
  };
  request.mockReset();
  request.mockResolvedValue({
    node: { __typename: 'Analysis', overlays: [{ kind: 'ATTENTION', stack: { id: 'stack' }, frames }] },
  });
});

afterEach(() => vi.unstubAllGlobals());

const opened = () =>
  new OverlayFrames(
    OVERLAY,
    40,
    () => undefined,
    async () => 'blank' as const,
  );
const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

test('nothing is asked for before it is switched on', async () => {
  opened();
  await settle();

  expect(request).not.toHaveBeenCalled();
});

test('the slice on the screen and its neighbours are fetched, each once, with one address', async () => {
  const frames = opened();

  frames.look(10);
  await settle();
  frames.look(11);
  await settle();

  expect(fetched[0]).toBe(10);
  expect([...fetched].sort((one, other) => one - other)).toEqual([8, 9, 10, 11, 12, 13]);
  expect(request).toHaveBeenCalledTimes(1);
  expect(frames.get(11)).toBe('blank');
});

test('leaving aborts what is on its way', async () => {
  answer = () => new Promise(() => undefined);
  const frames = opened();
  frames.look(0);
  await settle();

  frames.close();

  expect(fetched).toEqual([0, 1]);
  expect(aborted).toEqual([0, 1]);
});

test('a frame that failed is told and fetched again when asked', async () => {
  status = 500;
  const frames = opened();
  frames.look(0);
  await settle();
  expect(frames.get(0)).toBe('failed');

  status = 200;
  frames.retry();
  await settle();

  expect(frames.get(0)).toBe('blank');
});

test('an overlay that is gone is told like one that failed', async () => {
  request.mockResolvedValue({ node: null });
  const frames = opened();

  frames.look(5);
  await settle();

  expect(frames.get(5)).toBe('failed');
});
