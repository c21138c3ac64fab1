/** The answers that the screens of a kept case go by: kept as the server gives them, given again where it gives none. */
import type { CaseDetailQuery } from '../graphql/generated/graphql';
import { keepAnswers, type SignedInViewer } from '../graphql/session';
import { Store } from '../graphql/store';
import { answerName } from './kept-names';
import { changePin, keptReader, type Pin, pins, removePin } from './pins';
import { isAway } from './reception';
import { bytesOf, getValue, putBytes } from './vault';

interface Answer {
  readonly at: string;
  readonly data: unknown;
}

/** Those of a case. Its stacks' are kept with its frames, and do not change. */
const OF_CASE: ReadonlySet<string> = new Set([
  'CaseDetail',
  'CaseComments',
  'CaseReading',
  'CaseAnnotations',
  'CasePeople',
]);

/** Since when what is on the screen of a case is known, where it comes from this device and not from the server. */
export const knownSince = new Store<ReadonlyMap<string, string>>(new Map());

/** Once an app. */
export function keepKnownAnswers(): void {
  keepAnswers({ reader: () => keptReader<SignedInViewer>(), recall, note });
}

/** Where an answer lies; undefined for what no kept case needs. */
export function nameOfAnswer(document: string, variables: object): { pin: Pin; name: string } | undefined {
  const operation = /^\s*query (\w+)/.exec(document)?.[1];
  const { id, before, after } = variables as Partial<Record<'id' | 'before' | 'after', string | null>>;
  if (!operation || typeof id !== 'string') return undefined;
  const isOfStack = operation === 'StackDetail';
  if (!isOfStack && !OF_CASE.has(operation)) return undefined;
  const pin = pins.value.find(({ caseId, stackIds }) => (isOfStack ? stackIds.includes(id) : caseId === id));
  return pin && { pin, name: answerName(pin.caseId, operation, id, before ?? after ?? '') };
}

/** As bytes for the vault. What can be done to a case without the server is one thing: write a comment. */
export function answerBytes(data: unknown): Uint8Array<ArrayBuffer> {
  const { case: detail } = data as Partial<CaseDetailQuery>;
  const mayStill = detail?.viewerCan?.filter((action) => action === 'COMMENT');
  const kept = detail && mayStill ? { ...(data as CaseDetailQuery), case: { ...detail, viewerCan: mayStill } } : data;
  return bytesOf({ at: new Date().toISOString(), data: kept } satisfies Answer);
}

async function recall(document: string, variables: object): Promise<unknown> {
  isAway.set(true);
  const found = nameOfAnswer(document, variables);
  if (!found?.pin.isComplete) return undefined;
  const answer = await getValue<Answer>('cases', found.name).catch(() => undefined);
  if (answer && isDetail(document)) knownSince.update((all) => new Map(all).set(found.pin.caseId, found.pin.knownAt));
  return answer?.data;
}

function note(document: string, variables: object, data: unknown): void {
  const found = nameOfAnswer(document, variables);
  if (!found) return;
  const { pin, name } = found;
  const isGone = (data as { readonly case?: unknown }).case === null;
  // The server says that there is no such case for this user any more.
  if (isGone) void removePin(pin.caseId).catch(() => undefined);
  else void keepAnswer(pin, name, document, data).catch(() => undefined);
}

async function keepAnswer(pin: Pin, name: string, document: string, data: unknown): Promise<void> {
  if (isDetail(document) && knownSince.value.has(pin.caseId))
    knownSince.update((all) => new Map([...all].filter(([caseId]) => caseId !== pin.caseId)));
  await putBytes('cases', name, answerBytes(data));
  const knownAt = new Date().toISOString();
  if (isDetail(document)) await changePin(pin.caseId, (now) => now && { ...now, knownAt });
}

function isDetail(document: string): boolean {
  return /^\s*query CaseDetail\b/.test(document);
}
