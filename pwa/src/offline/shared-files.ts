/**
 * Files that another app shared (W3C Web Share Target), sealed on this device between the service worker, which gets
 * them, and the page, which is not there yet and may first have to ask who somebody is. Both import this module.
 */
import { newKey } from './key';
import { isLitter } from './part-plan';
import { begin, getBytes, getValue, NOBODY, namesIn, putBytes, putValue, renew, wipe } from './vault';

/** As in the manifest. */
export const SHARE_PATH = '/share';
/** What waits at a time at most: all of it is opened in this page's memory. */
export const MOST_SHARED = { files: 1000, bytes: 250_000_000 } as const;
/** Bytes sealed at once. */
const CHUNK = 8 * 1024 * 1024;
const LIST = '/list';

/** kept, or why not. unopened is the server's word: no service worker was there to take them. */
export type Shared = 'kept' | 'none' | 'too-many' | 'too-large' | 'unkept' | 'unopened';

export interface SharedFile {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  /** Where its bytes lie. */
  readonly at: string;
}

/** In the service worker. Adds to what waits already, or takes none of them. */
export function sealShared(given: readonly File[]): Promise<Shared> {
  return inTurn(() => seal(given));
}

async function seal(given: readonly File[]): Promise<Shared> {
  const files = given.filter(({ name, size }) => size > 0 && !isLitter(name));
  if (files.length === 0) return 'none';
  const waiting = await listShared();
  if (waiting.length + files.length > MOST_SHARED.files) return 'too-many';
  if (bytesIn(waiting) + bytesIn(files) > MOST_SHARED.bytes) return 'too-large';
  await begin('shared', NOBODY);
  await renew('shared', NOBODY);
  const batch = `${String(Date.now()).padStart(15, '0')}-${newKey()}`;
  const list: SharedFile[] = [];
  for (const [index, file] of files.entries()) {
    const at = `${batch}/${String(index).padStart(4, '0')}`;
    for (const [number, start] of startsOf(file.size).entries()) {
      await putBytes('shared', chunkAt(at, number), await file.slice(start, start + CHUNK).arrayBuffer());
    }
    list.push({ name: file.name, type: file.type, size: file.size, at });
  }
  // Last: what broke off halfway is not offered, and goes with the rest.
  await putValue('shared', batch + LIST, list);
  return 'kept';
}

/** What waits, in the order of sharing. */
export async function listShared(): Promise<SharedFile[]> {
  const found: SharedFile[] = [];
  for (const name of await namesIn('shared')) {
    if (name.endsWith(LIST)) found.push(...((await getValue<SharedFile[]>('shared', name)) ?? []));
  }
  return found;
}

/** The files themselves, which are gone from this device then; undefined where these are not what waits by now. */
export function takeShared(offered: readonly SharedFile[]): Promise<File[] | undefined> {
  return inTurn(async () => {
    const waiting = await listShared();
    if (waiting.length === 0 || waiting.map(({ at }) => at).join() !== offered.map(({ at }) => at).join()) return;
    const files: File[] = [];
    for (const file of waiting) {
      const opened = await open(file);
      if (!opened) return;
      files.push(opened);
    }
    await wipe('shared');
    return files;
  });
}

async function open({ name, type, size, at }: SharedFile): Promise<File | undefined> {
  const chunks: ArrayBuffer[] = [];
  for (const number of startsOf(size).keys()) {
    const chunk = await getBytes('shared', chunkAt(at, number));
    if (!chunk) return undefined;
    chunks.push(chunk);
  }
  return new File(chunks, name, { type });
}

// Two tabs do not take the same files, and none that come meanwhile are wiped with them.
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  return 'locks' in navigator ? navigator.locks.request('hilum-shared', work) : work();
}

export function bytesIn(files: readonly { readonly size: number }[]): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}

function startsOf(size: number): number[] {
  return Array.from({ length: Math.ceil(size / CHUNK) }, (_, number) => number * CHUNK);
}

function chunkAt(at: string, number: number): string {
  return `${at}/${String(number).padStart(4, '0')}`;
}
