/**
 * What was written and the server has not taken yet, in the order of writing. Each bears the idempotency key that was
 * chosen when it was written: however often it is sent, it takes effect once.
 */
import { backoffSeconds } from '../graphql/backoff';
import { Failure, isAbort, messageOf } from '../graphql/failure';
import { isLive } from '../graphql/live';
import { hearAnswers, session } from '../graphql/session';
import { Store } from '../graphql/store';
import { newKey } from './key';
import { SENDERS, type SentBy, type WrittenKind } from './outbox-senders';
import { begin, getValue, namesIn, putValue, remove } from './vault';

export interface Unsent<Kind extends WrittenKind = WrittenKind> {
  /** In the order of writing. */
  readonly id: string;
  readonly kind: Kind;
  /** The case that it is about. */
  readonly subject: string;
  readonly input: Parameters<(typeof SENDERS)[Kind]>[0];
  readonly writtenAt: string;
  /** False where this browser keeps nothing: then closing the page would lose it. */
  readonly isKept: boolean;
  /** Why the server would not take it, in its words. */
  readonly refusal?: string;
}

type SentListener = (subject: string, sent: SentBy) => void;

/** Milliseconds without an answer after which a try is given up; under its key it may be tried again. */
const PATIENCE = 30_000;

export const outbox = new Store<readonly Unsent[]>([]);
/** How many wait, refused ones too: what signing out would lose. */
export const unsentCount = new Store(0);
outbox.follow((all) => unsentCount.set(all.length));

const listeners = new Set<SentListener>();
const otherTabs = 'BroadcastChannel' in globalThis ? new BroadcastChannel('hilum-outbox') : undefined;
/** Ids whose newest state is on its way to the disk, and those that are gone: what is read meanwhile must not undo that. */
const beingKept = new Set<string>();
const gone = new Set<string>();
let lastWritten = 0;
let attempt = 0;
/** The server asked to be left alone until then, in milliseconds. */
let notBefore = 0;
let isRunning = false;
let isWantedAgain = false;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Once an app: all that may mean that the server is there again. */
export function watchOutbox(): void {
  otherTabs?.addEventListener('message', () => void readOutbox());
  addEventListener('online', () => sendUnsent());
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && sendUnsent());
  isLive.follow((isBack) => isBack && sendUnsent());
  hearAnswers(() => sendUnsent());
  navigator.serviceWorker?.addEventListener('message', ({ data }) => data === 'send-unsent' && sendUnsent());
  addEventListener('beforeunload', (event) => {
    if (outbox.value.some(({ isKept }) => !isKept)) event.preventDefault();
  });
}

/** Hears what the server took just now, with what it made of it. */
export function hearSent(listener: SentListener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function isOf<Kind extends WrittenKind>(kind: Kind, unsent: Unsent): unsent is Unsent<Kind> {
  return unsent.kind === kind;
}

/**
 * Keeps it, then sends it when that is possible. isReplaced: what it stands in the place of, written before and not yet
 * taken, which then is not sent any more; one that is on its way goes before it.
 */
export async function write<Kind extends WrittenKind>(
  kind: Kind,
  subject: string,
  input: Unsent<Kind>['input'],
  isReplaced: (earlier: Unsent) => boolean = () => false,
): Promise<void> {
  const replaced = outbox.value.filter(isReplaced);
  lastWritten = Math.max(Date.now(), lastWritten + 1);
  const id = `${String(lastWritten).padStart(15, '0')}-${newKey()}`;
  const written = { id, kind, subject, input, writtenAt: new Date(lastWritten).toISOString(), isKept: true };
  outbox.update((all) => [...all, written]);
  await keep(written);
  for (const earlier of replaced) await discard(earlier);
  wakeLater();
  sendUnsent();
}

/** One that was refused, once more: the reason may be gone. */
export async function sendAgain({ refusal: _, ...unsent }: Unsent): Promise<void> {
  replace(unsent);
  await keep(unsent);
  sendUnsent();
}

export async function discard({ id }: Unsent): Promise<void> {
  gone.add(id);
  outbox.update((all) => all.filter((other) => other.id !== id));
  await remove('words', id).catch(() => undefined);
  otherTabs?.postMessage('changed');
}

/** What lies on this device, with what only this page knows of. */
export async function readOutbox(): Promise<void> {
  try {
    const before = new Set(outbox.value.map(({ id }) => id));
    const pending = new Set(beingKept);
    const found: Unsent[] = [];
    for (const name of await namesIn('words')) {
      const unsent = await getValue<Unsent>('words', name);
      if (unsent && unsent.kind in SENDERS) found.push(unsent);
    }
    const isNewer = (id: string) => !before.has(id) || pending.has(id) || beingKept.has(id);
    const here = outbox.value.filter(({ id, isKept }) => !isKept || isNewer(id));
    const fromDisk = found.filter(({ id }) => !gone.has(id) && !here.some((other) => other.id === id));
    outbox.set([...fromDisk, ...here].sort((one, other) => (one.id < other.id ? -1 : 1)));
  } catch {
    // A browser that keeps nothing has only what this page holds.
  }
}

/** From the screen and the memory; what lies sealed on the device is the vault's to wipe. */
export function forgetOutbox(): void {
  clearTimeout(timer);
  attempt = 0;
  notBefore = 0;
  outbox.set([]);
}

/** Sends what can be sent, unless that is being done. */
export function sendUnsent(): void {
  if (session.value.kind !== 'signed-in' || Date.now() < notBefore || !outbox.value.some(isSendable)) return;
  isWantedAgain = true;
  if (!isRunning) void run();
}

async function run(): Promise<void> {
  isRunning = true;
  try {
    while (isWantedAgain) {
      isWantedAgain = false;
      clearTimeout(timer);
      await inTurn(sendInOrder);
    }
  } finally {
    isRunning = false;
  }
}

// Two tabs send one after the other, and the second looks again at what is left.
function inTurn(work: () => Promise<void>): Promise<void> {
  return 'locks' in navigator ? navigator.locks.request('hilum-outbox', work) : work();
}

async function sendInOrder(): Promise<void> {
  await readOutbox();
  for (;;) {
    const next = outbox.value.find(isSendable);
    if (!next || session.value.kind !== 'signed-in') return;
    try {
      const sent = await send(next);
      attempt = 0;
      // Both at once: no screen is drawn with neither the written nor the sent.
      const isDiscarded = discard(next);
      for (const listener of [...listeners]) listener(next.subject, sent);
      await isDiscarded;
    } catch (error) {
      if (isForLater(error)) return sendLater(error);
      const refused = { ...next, refusal: messageOf(error) };
      replace(refused);
      await keep(refused);
    }
  }
}

function send({ kind, input }: Unsent): Promise<SentBy> {
  const sender = SENDERS[kind] as (input: Unsent['input'], signal: AbortSignal) => Promise<SentBy>;
  return sender(input, AbortSignal.timeout(PATIENCE));
}

/** No answer, or an end of the session: its owner, signed in again, sends it. */
function isForLater(error: unknown): boolean {
  if (isAbort(error)) return true;
  return error instanceof Failure && (error.isPassing || error.code === 'UNAUTHENTICATED');
}

function sendLater(error: unknown): void {
  attempt += 1;
  const asked = error instanceof Failure ? error.retryAfter : undefined;
  isWantedAgain = false;
  clearTimeout(timer);
  notBefore = asked === undefined ? 0 : Date.now() + asked * 1000;
  timer = setTimeout(sendUnsent, (asked ?? backoffSeconds(attempt)) * 1000 + 10);
}

function isSendable({ refusal }: Unsent): boolean {
  return refusal === undefined;
}

function replace(unsent: Unsent): void {
  outbox.update((all) => all.map((other) => (other.id === unsent.id ? unsent : other)));
}

async function keep(unsent: Unsent): Promise<void> {
  beingKept.add(unsent.id);
  try {
    const writer = 'viewer' in session.value ? session.value.viewer : undefined;
    if (!writer) return;
    await begin('words', writer.user.id);
    await putValue('words', unsent.id, unsent);
    otherTabs?.postMessage('changed');
  } catch {
    replace({ ...unsent, isKept: false });
  } finally {
    beingKept.delete(unsent.id);
    if (gone.has(unsent.id)) await remove('words', unsent.id).catch(() => undefined);
  }
}

/** Where the browser can, it wakes an open window when the network is back; the window does the sending. */
function wakeLater(): void {
  const ready = navigator.serviceWorker?.ready as
    | Promise<{ sync?: { register(tag: string): Promise<void> } }>
    | undefined;
  void ready?.then(({ sync }) => sync?.register('hilum-outbox')).catch(() => undefined);
}
