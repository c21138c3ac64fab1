import { ThumbnailsDocument } from '../../graphql/generated/graphql';
import { request } from '../../graphql/session';

/** Milliseconds in which others that scroll into view join a question, and how many the API answers at once. */
const GATHERING = 20;
const MOST = 100;

type Answers = ReadonlyMap<string, string | undefined>;

let waiting: { readonly ids: Set<string>; readonly answers: Promise<Answers> } | undefined;

/** A new address of a series' thumbnail; undefined where there is none any more. Those asked for at once are asked once. */
export async function freshThumbnail(seriesId: string): Promise<string | undefined> {
  if (!waiting || waiting.ids.size >= MOST) {
    const ids = new Set<string>();
    waiting = { ids, answers: new Promise<void>((resolve) => setTimeout(resolve, GATHERING)).then(() => ask(ids)) };
  }
  waiting.ids.add(seriesId);
  return (await waiting.answers).get(seriesId);
}

async function ask(ids: Set<string>): Promise<Answers> {
  if (waiting?.ids === ids) waiting = undefined;
  const { nodes } = await request(ThumbnailsDocument, { ids: [...ids] });
  return new Map(
    nodes.flatMap((node) => (node?.__typename === 'Series' ? [[node.id, node.thumbnail?.url] as const] : [])),
  );
}
