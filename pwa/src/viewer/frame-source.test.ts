import { afterEach, beforeEach, expect, test, vi } from 'vitest';

const request = vi.hoisted(() => vi.fn());
vi.mock('../graphql/session', () => ({ request }));

const { FrameAddresses } = await import('./frame-source');

const NOON = Date.parse('2026-11-25T12:00:00Z');
const signal = new AbortController().signal;
let fetched: string[];
/** The status with which an address is answered; 200 where nothing is said. */
let statuses: Map<string, number>;

const source = (name: string, seconds = 300) => ({
  urlTemplate: `http://hilum.example/frames/${name}/{index}`,
  mediaType: 'image/jphc',
  expiresAt: new Date(Date.now() + seconds * 1000).toISOString(),
});
const sources = (name: string, seconds?: number) => ({
  id: 'stack',
  frames: source(name, seconds),
  previews: source(`${name}-previews`, seconds),
});
const answers = (name: string) => ({ node: { __typename: 'Stack', ...sources(name) } });

beforeEach(() => {
  vi.useFakeTimers({ now: NOON });
  vi.stubGlobal('location', { origin: 'http://hilum.example' });
  fetched = [];
  statuses = new Map();
  vi.stubGlobal('fetch', async (url: string) => {
    const [name, index] = url.split('/').slice(-2);
    fetched.push(`${name}/${index}`);
    return new Response(null, { status: statuses.get(name ?? '') ?? 200 });
  });
  request.mockReset();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('an address serves as long as it lives', async () => {
  const addresses = new FrameAddresses(sources('first'));

  await addresses.fetch('frames', 0, signal);
  vi.advanceTimersByTime(200_000);
  await addresses.fetch('previews', 1, signal);

  expect(fetched).toEqual(['first/0', 'first-previews/1']);
  expect(request).not.toHaveBeenCalled();
});

test('an address that is about to end is renewed once for all who wait', async () => {
  const addresses = new FrameAddresses(sources('first'));
  request.mockResolvedValue(answers('second'));
  vi.advanceTimersByTime(280_000);

  await Promise.all([0, 1, 2].map((index) => addresses.fetch('frames', index, signal)));
  await addresses.fetch('previews', 3, signal);

  expect(request).toHaveBeenCalledTimes(1);
  expect(fetched).toEqual(['second/0', 'second/1', 'second/2', 'second-previews/3']);
});

test.each([401, 403, 410])('frames that are refused with %s are fetched from a new address', async (status) => {
  const addresses = new FrameAddresses(sources('first'));
  statuses.set('first', status);
  request.mockResolvedValue(answers('second'));

  const all = await Promise.all([0, 1, 2, 3, 4].map((index) => addresses.fetch('frames', index, signal)));

  expect(all.every(({ ok }) => ok)).toBe(true);
  expect(request).toHaveBeenCalledTimes(1);
  expect(fetched.slice(5).sort()).toEqual(['second/0', 'second/1', 'second/2', 'second/3', 'second/4']);
});

test('one that was refused late uses what the others renewed', async () => {
  const addresses = new FrameAddresses(sources('first'));
  request.mockResolvedValue(answers('second'));
  let refuseLate: (answer: Response) => void = () => undefined;
  const usual = fetch;
  vi.stubGlobal('fetch', (url: string) =>
    url.endsWith('first/9')
      ? new Promise<Response>((resolve) => {
          refuseLate = resolve;
        })
      : usual(url),
  );
  statuses.set('first', 403);

  const late = addresses.fetch('frames', 9, signal);
  await addresses.fetch('frames', 0, signal);
  refuseLate(new Response(null, { status: 403 }));

  expect((await late).ok).toBe(true);
  expect(request).toHaveBeenCalledTimes(1);
});

test('a device whose clock is ahead does not ask before each frame', async () => {
  const addresses = new FrameAddresses(sources('first', -600));

  for (const index of [0, 1, 2]) await addresses.fetch('frames', index, signal);

  expect(request).not.toHaveBeenCalled();
});

test('a session that ended is told, and asked about again for the next frame', async () => {
  const addresses = new FrameAddresses(sources('first'));
  statuses.set('first', 403);
  request.mockRejectedValue(new Error('Sign in again.'));

  await expect(addresses.fetch('frames', 0, signal)).rejects.toThrow('Sign in again.');
  await expect(addresses.fetch('frames', 1, signal)).rejects.toThrow('Sign in again.');
  expect(request).toHaveBeenCalledTimes(2);
});

test('images that may no longer be seen are told to be gone', async () => {
  const addresses = new FrameAddresses(sources('first'));
  statuses.set('first', 403);
  request.mockResolvedValue({ node: null });

  await expect(addresses.fetch('frames', 0, signal)).rejects.toThrow('no longer there');
});

test('a frame that is not there is not asked for again', async () => {
  const addresses = new FrameAddresses(sources('first'));
  statuses.set('first', 404);

  await expect(addresses.fetch('frames', 0, signal)).rejects.toThrow('404');
  expect(request).not.toHaveBeenCalled();
});
