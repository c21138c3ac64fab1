import { expect, test, vi } from 'vitest';

const request = vi.hoisted(() => vi.fn());
vi.mock('../../graphql/session', () => ({ request }));

const { freshThumbnail } = await import('./thumbnail-addresses');

const series = (id: string) => ({ __typename: 'Series', id, thumbnail: { url: `/frames/new-${id}/3` } });

test('pictures whose addresses ended are asked for in one question', async () => {
  request.mockImplementation(async (_document, { ids }: { ids: string[] }) => ({
    nodes: ids.map((id) => (id === 'gone' ? null : series(id))),
  }));

  const fresh = await Promise.all(['a', 'b', 'a', 'gone'].map(freshThumbnail));
  const later = await freshThumbnail('a');

  expect(fresh).toEqual(['/frames/new-a/3', '/frames/new-b/3', '/frames/new-a/3', undefined]);
  expect(later).toBe('/frames/new-a/3');
  expect(request.mock.calls.map(([, { ids }]) => ids)).toEqual([['a', 'b', 'gone'], ['a']]);
});

test('a question that failed is asked again', async () => {
  request.mockRejectedValueOnce(new Error('no network')).mockResolvedValueOnce({ nodes: [series('a')] });

  await expect(freshThumbnail('a')).rejects.toThrow('no network');
  expect(await freshThumbnail('a')).toBe('/frames/new-a/3');
});
