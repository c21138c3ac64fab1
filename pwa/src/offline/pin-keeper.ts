/** Fetches what a kept case needs and seals it on this device. Its code comes when a case is kept. */
import codecUrl from '@cornerstonejs/codec-openjph/wasm?url';
import { backoffSeconds, pause } from '../graphql/backoff';
import { Failure, isAbort } from '../graphql/failure';
import {
  CaseAnnotationsDocument,
  CaseCommentsDocument,
  CaseDetailDocument,
  type CaseDetailQuery,
  CasePeopleDocument,
  CaseReadingDocument,
  type CaseRowFragment,
  KeptRowDocument,
  StackDetailDocument,
  type TypedDocumentString,
} from '../graphql/generated/graphql';
import { readerOf, request, session } from '../graphql/session';
import { pins as words } from '../messages/pins';
import { FrameAddresses, type Stack } from '../viewer/frame-source';
import { answerBytes } from './kept-answers';
import { answerName, framesName, READER } from './kept-names';
import { NoRoom } from './pin-faults';
import { expectedBytes, framesOf, hindranceOf, likelyTotal, MOST_BYTES, missingOf, type WantedFrame } from './pin-plan';
import { changePin, type KeepingProgress, type Pin, pinOf, pins, removePin } from './pins';
import { isAway } from './reception';
import { begin, namesIn, putAll, putValue } from './vault';

/** Frames that are fetched at once and written together: the viewer's own go on beside them. */
const BATCH = 4;
const TRIES = 4;
/** Pages of comments and of measurements that are kept. */
const COMMENT_PAGES = 4;
const ANNOTATION_PAGES = 10;
/** Milliseconds for which the app's own files are waited for. */
const SHELL_PATIENCE = 20_000;

type Answers = Map<string, Uint8Array<ArrayBuffer>>;
/** Asks the server, and remembers the answer for the vault. */
type Read = <TResult, TVariables extends { readonly id: string }>(
  document: TypedDocumentString<TResult, TVariables>,
  variables: TVariables,
  page?: string,
) => Promise<TResult>;
type Detail = NonNullable<CaseDetailQuery['case']>;

/** Throws what hinders it; what was fetched until then stays, and is not fetched again. */
export async function keep(
  caseId: string,
  tell: (progress: KeepingProgress) => void,
  signal: AbortSignal,
): Promise<void> {
  const viewer = readerOf(session.value);
  if (!viewer) throw new Failure('UNAUTHENTICATED', words.notBegun);
  const before = pinOf(caseId);
  const { row, detail, answers, read } = await readCase(caseId, viewer.user.role === 'PATIENT', signal);
  const stackIds = stackIdsOf(detail);
  if (before?.isComplete && isSame(before.stackIds, stackIds)) return refresh(before, row, answers);
  const stacks = await readStacks(stackIds, read);
  // What is kept already must not pass for what the server says now.
  if (isAway.value) throw new Failure('OFFLINE', words.brokenOff);
  await begin('cases', viewer.user.id);
  await putValue('cases', READER, viewer);
  const frames = framesOf(caseId, stacks);
  if (frames.length === 0) throw new Failure('INVALID', words.noPictures);
  const missing = missingOf(frames, await keptNames(caseId, stacks));
  const expected = expectedBytes(stacks);
  await checkRoom(caseId, Math.max(0, expected - (before?.bytes ?? 0)));
  // Some browsers ask the user: what is kept does not wait for it.
  navigator.storage?.persist?.().catch(() => false);
  signal.throwIfAborted();

  const total = frames.filter(({ kind }) => kind === 'frames').length || frames.length;
  const isMain = ({ kind }: WantedFrame) => kind === 'frames' || total === frames.length;
  let slices = total - missing.filter(isMain).length;
  let bytes = before?.bytes ?? 0;
  const knownAt = new Date().toISOString();
  await changePin(caseId, () => ({ caseId, row, stackIds, isComplete: false, slices, total, bytes, knownAt }));
  await putAll('cases', answers);
  const sources = new Map(stacks.map((stack) => [stack.id, new FrameAddresses(stack)]));
  const say = () => tell({ slices, total, bytes, likelyBytes: likelyTotal(bytes, slices, total, expected) });
  if (missing.length > 0) say();
  for (let at = 0; at < missing.length; at += BATCH) {
    const batch = missing.slice(at, at + BATCH);
    const fetched = await Promise.all(batch.map((frame) => fetchFrame(sources, frame, signal)));
    signal.throwIfAborted();
    bytes += fetched.reduce((sum, { byteLength }) => sum + byteLength, 0);
    if (bytesOfOthers(caseId) + bytes > MOST_BYTES) throw new NoRoom('bytes');
    await putAll('cases', new Map(batch.map(({ name }, of) => [name, fetched[of] ?? new ArrayBuffer(0)])));
    slices += batch.filter(isMain).length;
    await changePin(caseId, (pin) => pin && { ...pin, slices, bytes });
    say();
  }
  await keepDecoder(signal);
  const left = missingOf(frames, await keptNames(caseId, stacks));
  if (left.length > 0) throw new Failure('OFFLINE', words.brokenOff);
  signal.throwIfAborted();
  await changePin(caseId, (pin) => pin && { ...pin, isComplete: true, slices: total });
}

/** Its pictures are the same and lie here: only what is said of it may be new. */
async function refresh({ caseId }: Pin, row: CaseRowFragment, answers: Answers): Promise<void> {
  if (isAway.value) throw new Failure('OFFLINE', words.brokenOff);
  await putAll('cases', answers);
  const knownAt = new Date().toISOString();
  await changePin(caseId, (pin) => pin && { ...pin, row, knownAt });
}

function isSame(known: readonly string[], ids: readonly string[]): boolean {
  return known.length === ids.length && ids.every((id) => known.includes(id));
}

/** What the case's screens ask, and its row of the worklist. Where the server says it is not there, the pin goes too. */
async function readCase(caseId: string, isPatient: boolean, signal: AbortSignal) {
  const answers: Answers = new Map();
  const read: Read = async (document, variables, page = '') => {
    const answer = await request(document, variables, signal);
    const operation = /^\s*query (\w+)/.exec(document.toString())?.[1] ?? '';
    answers.set(answerName(caseId, operation, variables.id, page), answerBytes(answer));
    return answer;
  };
  const { case: row } = await request(KeptRowDocument, { id: caseId }, signal);
  const { case: detail } = await read(CaseDetailDocument, { id: caseId });
  if (!row || !detail) {
    void removePin(caseId).catch(() => undefined);
    throw new DOMException('Gone', 'AbortError');
  }
  await read(CaseReadingDocument, { id: caseId });
  await eachPage(COMMENT_PAGES, async (before) => {
    const { case: found } = await read(CaseCommentsDocument, { id: caseId, before }, before ?? '');
    return found?.comments.pageInfo.hasPreviousPage ? found.comments.pageInfo.startCursor : undefined;
  });
  if (!isPatient) {
    await read(CasePeopleDocument, { id: caseId });
    await eachPage(ANNOTATION_PAGES, async (after) => {
      const { case: found } = await read(CaseAnnotationsDocument, { id: caseId, after }, after ?? '');
      return found?.annotations.pageInfo.hasNextPage ? found.annotations.pageInfo.endCursor : undefined;
    });
  }
  return { row: withoutPictures(row), detail, answers, read };
}

async function readStacks(ids: readonly string[], read: Read): Promise<Stack[]> {
  const stacks: Stack[] = [];
  for (const id of ids) {
    const { node } = await read(StackDetailDocument, { id });
    if (node?.__typename === 'Stack') stacks.push(node);
  }
  return stacks;
}

async function eachPage(
  most: number,
  read: (cursor: string | null) => Promise<string | null | undefined>,
): Promise<void> {
  let cursor: string | null = null;
  for (let page = 0; page < most; page += 1) {
    cursor = (await read(cursor)) ?? null;
    if (cursor === null) return;
  }
}

async function fetchFrame(
  sources: ReadonlyMap<string, FrameAddresses>,
  { stackId, kind, index }: WantedFrame,
  signal: AbortSignal,
): Promise<ArrayBuffer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const answer = await sources.get(stackId)?.fetch(kind, index, signal);
      if (!answer) throw new Failure('NOT_FOUND', words.noPictures);
      return await answer.arrayBuffer();
    } catch (error) {
      if (isAbort(error) || attempt >= TRIES || navigator.onLine === false) throw error;
      await pause(backoffSeconds(attempt), signal);
    }
  }
}

async function checkRoom(caseId: string, wanted: number): Promise<void> {
  const others = pins.value.filter((pin) => pin.caseId !== caseId);
  const estimate = await navigator.storage?.estimate().catch(() => undefined);
  const left = estimate?.quota === undefined ? undefined : estimate.quota - (estimate.usage ?? 0);
  const bytes = bytesOfOthers(caseId) + (pinOf(caseId)?.bytes ?? 0);
  const hindrance = hindranceOf({ cases: others.length, bytes, wanted, left });
  if (hindrance) throw new NoRoom(hindrance);
}

function bytesOfOthers(caseId: string): number {
  return pins.value.filter((pin) => pin.caseId !== caseId).reduce((sum, { bytes }) => sum + bytes, 0);
}

async function keptNames(caseId: string, stacks: readonly Stack[]): Promise<Set<string>> {
  const kinds = ['frames', 'previews'] as const;
  const prefixes = stacks.flatMap(({ id }) => kinds.map((kind) => framesName(caseId, id, kind)));
  return new Set((await Promise.all(prefixes.map((prefix) => namesIn('cases', prefix)))).flat());
}

/** Without what decodes them the slices would be of no use: the service worker keeps it once it has passed. */
async function keepDecoder(signal: AbortSignal): Promise<void> {
  const worker = navigator.serviceWorker;
  if (worker && (await worker.getRegistration()) && !worker.controller) {
    const taken = new Promise((resolve) => worker.addEventListener('controllerchange', resolve, { once: true }));
    await Promise.race([taken, pause(SHELL_PATIENCE / 1000, signal)]);
  }
  const answer = await fetch(codecUrl, { signal });
  await answer.arrayBuffer();
}

function stackIdsOf({ studies }: Detail): string[] {
  return studies.flatMap(({ series }) => series.flatMap(({ stacks }) => stacks.map(({ id }) => id)));
}

function withoutPictures(row: CaseRowFragment): CaseRowFragment {
  const studies = row.studies.map((study) => ({
    ...study,
    series: study.series.map((each) => ({ ...each, thumbnail: null })),
  }));
  return { ...row, studies };
}
