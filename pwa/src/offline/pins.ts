/** Which cases this device keeps to be read without reception. What fetches them comes when it is wanted. */
import { isAbort } from '../graphql/failure';
import type { CaseRowFragment } from '../graphql/generated/graphql';
import { hearNews } from '../graphql/news';
import { session } from '../graphql/session';
import { Store } from '../graphql/store';
import { caseNames, PINS, pinName, READER } from './kept-names';
import { isAway } from './reception';
import { getValue, namesIn, putValue, remove, removeUnder, wipe } from './vault';

export interface Pin {
  readonly caseId: string;
  /** As the worklist shows it; without pictures, whose addresses end. */
  readonly row: CaseRowFragment;
  readonly stackIds: readonly string[];
  /** Only then it is shown as kept. */
  readonly isComplete: boolean;
  readonly slices: number;
  readonly total: number;
  readonly bytes: number;
  /** When its answers were read last. */
  readonly knownAt: string;
}

export interface KeepingProgress {
  readonly slices: number;
  readonly total: number;
  readonly bytes: number;
  /** About so many in the end. */
  readonly likelyBytes: number;
}

/** Milliseconds between two readings of what may have changed in a kept case. */
const REFRESH_MS = 60_000;
/** Milliseconds between two cases that are read again. */
const QUIET_MS = 1_500;

export const pins = new Store<readonly Pin[]>([]);
/** Being fetched just now, by the case's id. */
export const keeping = new Store<ReadonlyMap<string, KeepingProgress>>(new Map());
/** Why the last try did not succeed, by the case's id. */
export const pinFaults = new Store<ReadonlyMap<string, string>>(new Map());

interface Running {
  readonly controller: AbortController;
  readonly end: Promise<void>;
}

const running = new Map<string, Running>();
let writing: Promise<void> = Promise.resolve();
const refreshedAt = new Map<string, number>();
const refreshing = new Map<string, ReturnType<typeof setTimeout>>();
const otherTabs = 'BroadcastChannel' in globalThis ? new BroadcastChannel('hilum-pins') : undefined;

export const mayKeep = 'indexedDB' in globalThis && globalThis.crypto?.subtle !== undefined;

/** Once an app. */
export function watchPins(): void {
  otherTabs?.addEventListener('message', () => void readPins());
  hearNews((event) => {
    if (event.__typename === 'WorklistChanged') refreshSoon(event.case.id);
    else if (event.__typename === 'Gap') refreshPins();
  });
  isAway.follow((away) => !away && refreshPins());
}

/** All of them may have changed; one after the other, so that what the user does now comes first. */
export function refreshPins(): void {
  pins.value.forEach(({ caseId }, at) => {
    refreshSoon(caseId, QUIET_MS * (at + 1));
  });
}

export function pinOf(caseId: string): Pin | undefined {
  return pins.value.find((pin) => pin.caseId === caseId);
}

/** What lies on this device, the newest first. */
export async function readPins(): Promise<void> {
  try {
    const found: Pin[] = [];
    for (const name of await namesIn('cases', PINS)) {
      const pin = await getValue<Pin>('cases', name);
      if (pin) found.push(pin);
    }
    pins.set(found.sort((one, other) => (one.row.updatedAt < other.row.updatedAt ? 1 : -1)));
  } catch {
    // A browser that keeps nothing has no pins.
  }
}

/** From the screen and the memory; what lies sealed is the vault's to wipe. */
export function forgetPins(): void {
  for (const { controller } of running.values()) controller.abort();
  for (const timer of refreshing.values()) clearTimeout(timer);
  running.clear();
  refreshing.clear();
  refreshedAt.clear();
  pins.set([]);
  keeping.set(new Map());
  pinFaults.set(new Map());
}

/** Fetches all of it; goes on where an earlier try was broken off. */
export async function keepCase(caseId: string): Promise<void> {
  if (running.has(caseId) || session.value.kind !== 'signed-in') return;
  const controller = new AbortController();
  const end = fetchAll(caseId, controller);
  running.set(caseId, { controller, end });
  await end;
  if (running.get(caseId)?.controller !== controller) return;
  running.delete(caseId);
  keeping.update((all) => without(all, caseId));
  otherTabs?.postMessage('changed');
}

async function fetchAll(caseId: string, { signal }: AbortController): Promise<void> {
  refreshedAt.set(caseId, Date.now());
  pinFaults.update((all) => without(all, caseId));
  const tell = (progress: KeepingProgress) => {
    if (!signal.aborted) keeping.update((all) => new Map(all).set(caseId, progress));
  };
  try {
    if (!pinOf(caseId)?.isComplete) tell({ slices: 0, total: 0, bytes: 0, likelyBytes: 0 });
    const { keep } = await import('./pin-keeper');
    await keep(caseId, tell, signal);
  } catch (error) {
    if (isAbort(error) || signal.aborted) return;
    const { faultOf } = await import('./pin-faults');
    pinFaults.update((all) => new Map(all).set(caseId, faultOf(error)));
  }
}

/** At once, also in the middle of fetching it. */
export async function removePin(caseId: string): Promise<void> {
  const stopped = running.get(caseId);
  stopped?.controller.abort();
  clearTimeout(refreshing.get(caseId));
  refreshing.delete(caseId);
  pins.update((all) => all.filter((pin) => pin.caseId !== caseId));
  keeping.update((all) => without(all, caseId));
  pinFaults.update((all) => without(all, caseId));
  // What was being written would lie there after it.
  await stopped?.end;
  running.delete(caseId);
  await remove('cases', pinName(caseId));
  await removeUnder('cases', caseNames(caseId));
  otherTabs?.postMessage('changed');
}

export async function removeAllPins(): Promise<void> {
  forgetPins();
  await wipe('cases');
  otherTabs?.postMessage('changed');
}

/** The case may have changed: what is kept of it is read again, at most once a minute. */
function refreshSoon(caseId: string, least = 0): void {
  const pin = pinOf(caseId);
  if (!pin || refreshing.has(caseId) || running.has(caseId)) return;
  // What was broken off goes on without waiting.
  const wait = pin.isComplete ? (refreshedAt.get(caseId) ?? 0) + REFRESH_MS - Date.now() : 0;
  const refresh = () => {
    refreshing.delete(caseId);
    if (pinOf(caseId) && !isAway.value) void keepCase(caseId);
  };
  refreshing.set(caseId, setTimeout(refresh, Math.max(least, wait)));
}

/** Whether there is somebody's kept case, whole, that may be read now. */
export async function keptReader<T>(): Promise<T | undefined> {
  await readPins();
  return pins.value.some(({ isComplete }) => isComplete) ? getValue<T>('cases', READER) : undefined;
}

/** One change after the other; none to a pin that was removed meanwhile. */
export function changePin(caseId: string, change: (pin: Pin | undefined) => Pin | undefined): Promise<void> {
  const changing = writing.then(async () => {
    const pin = change(pinOf(caseId));
    if (!pin) return;
    await putValue('cases', pinName(caseId), pin);
    pins.update((all) => [...all.filter((other) => other.caseId !== caseId), pin]);
  });
  writing = changing.catch(() => undefined);
  return changing;
}

function without<T>(all: ReadonlyMap<string, T>, key: string): ReadonlyMap<string, T> {
  if (!all.has(key)) return all;
  return new Map([...all].filter(([other]) => other !== key));
}
