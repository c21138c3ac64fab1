import { requests as words } from '../messages/requests';
import { Failure, throwFaults } from './failure';
import {
  RefreshSessionDocument,
  type SignedInFragment,
  SignInDocument,
  SignOutDocument,
  type TypedDocumentString,
} from './generated/graphql';
import { Store } from './store';
import { send } from './transport';

export type SignedInViewer = NonNullable<SignedInFragment['viewer']>;

/** What is asked besides the password before somebody is signed in. */
export type Challenge = NonNullable<SignedInFragment['challenge']>;

export type SessionState =
  | { readonly kind: 'starting' }
  /** viewer: whose cases are kept on this device and may be read meanwhile. */
  | { readonly kind: 'unreachable'; readonly viewer?: SignedInViewer }
  /** isAsked: by the user, on this device; else the server ended it, or a time without use did. */
  | { readonly kind: 'signed-out'; readonly reason?: string; readonly isAsked?: boolean }
  | { readonly kind: 'leaving'; readonly isAsked: boolean }
  | { readonly kind: 'signed-in'; readonly viewer: SignedInViewer };

/** Set where an idle app could not tell the server: whoever takes up the session next ends it instead. No word of a patient. */
const OWED = 'hilum-sign-out-owed';

/** Seconds before its end at which a token is taken for too old to send. */
const MARGIN_SECONDS = 30;

export const session = new Store<SessionState>({ kind: 'starting' });

// The access token lives here and nowhere else: no storage that a later script or person could read.
let accessToken: string | undefined;
let expiresAt = 0;
let refreshing: Promise<void> | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;

const otherTabs = 'BroadcastChannel' in globalThis ? new BroadcastChannel('hilum-session') : undefined;
otherTabs?.addEventListener('message', (event) => {
  if (event.data === 'signed-out') forget(words.signedOutInOtherTab);
});

/** What this device keeps of the answers. */
export interface AnswerKeeper {
  /** Who may read what is kept, while nobody can ask the server. */
  readonly reader: () => Promise<SignedInViewer | undefined>;
  /** The answer that is kept, where the server gave none. */
  readonly recall: (document: string, variables: object) => Promise<unknown>;
  /** What the server has just answered. */
  readonly note: (document: string, variables: object, answer: unknown) => void;
}

let keeper: AnswerKeeper | undefined;
let mayLeave: (() => Promise<boolean>) | undefined;
const answerListeners = new Set<() => void>();

/** Asked before the user signs out: false where they stay. */
export function guardSignOut(guard: () => Promise<boolean>): void {
  mayLeave = guard;
}

/** Called after each answer of the server: it is there. */
export function hearAnswers(listener: () => void): void {
  answerListeners.add(listener);
}

/** Asked for what the server does not answer now. */
export function keepAnswers(kept: AnswerKeeper): void {
  keeper = kept;
}

/** Who reads: signed in, or without reception what this device keeps for them. */
export function readerOf(state: SessionState): SignedInViewer | undefined {
  return state.kind === 'signed-in' || state.kind === 'unreachable' ? state.viewer : undefined;
}

/** Takes up the session that the HttpOnly cookie keeps, if there is one. */
export async function resumeSession(): Promise<void> {
  session.set({ kind: 'starting' });
  try {
    await refresh();
  } catch (error) {
    if (error instanceof Failure && error.isPassing) await standAlone();
    else if (session.value.kind === 'starting') session.set({ kind: 'signed-out' });
  }
}

/** With what is kept on this device, but where somebody left it idle. */
async function standAlone(): Promise<void> {
  const viewer = localStorage.getItem(OWED) ? undefined : await keeper?.reader().catch(() => undefined);
  if (session.value.kind === 'starting') session.set({ kind: 'unreachable', ...(viewer && { viewer }) });
}

/** The same without a word on the screen while it is tried: what is shown meanwhile stays. */
export async function resumeQuietly(): Promise<void> {
  await refresh().catch(() => undefined);
}

/** Gives what is asked next; nothing once the user is signed in. */
export async function signIn(email: string, password: string): Promise<Challenge | undefined> {
  const { signIn: payload } = await send(SignInDocument, { input: { email, password } });
  return adopt(payload);
}

/** Ends here whether or not the server could be told. What shows data goes first: its addresses end with the session. */
export async function signOut(
  options: { readonly everywhere?: boolean; readonly reason?: string; readonly isIdle?: boolean } = {},
): Promise<void> {
  const { isIdle = false } = options;
  if (!isIdle && mayLeave && !(await mayLeave())) return;
  const token = accessToken;
  session.set({ kind: 'leaving', isAsked: !isIdle });
  let { reason } = options;
  try {
    const { signOut: payload } = await send(SignOutDocument, { everywhere: options.everywhere ?? false }, { token });
    throwFaults(payload.errors);
  } catch (error) {
    // The cookie cannot be taken away from here: it is out of a script's reach, and only the server ends it.
    reason = words.signedOutUntold;
    if (isIdle && error instanceof Failure && error.isPassing) return lock();
  }
  otherTabs?.postMessage('signed-out');
  forget(reason, !isIdle);
}

/** Idle without a line: as after a start without one. The session itself is ended when the server is there again. */
function lock(): void {
  localStorage.setItem(OWED, '1');
  clearTimeout(timer);
  accessToken = undefined;
  session.set({ kind: 'unreachable' });
}

/** One operation as the signed-in user; a token that ended on the way is renewed once. */
export async function request<TResult, TVariables extends object>(
  document: TypedDocumentString<TResult, TVariables>,
  variables: TVariables,
  signal?: AbortSignal,
): Promise<TResult> {
  try {
    const answer = await requestNow(document, variables, signal);
    for (const listener of answerListeners) listener();
    keeper?.note(document.toString(), variables, answer);
    return answer;
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'OFFLINE') throw error;
    const kept = await keeper?.recall(document.toString(), variables);
    if (kept === undefined || signal?.aborted) throw error;
    return kept as TResult;
  }
}

async function requestNow<TResult, TVariables extends object>(
  document: TypedDocumentString<TResult, TVariables>,
  variables: TVariables,
  signal?: AbortSignal,
): Promise<TResult> {
  const token = await freshToken();
  try {
    return await send(document, variables, { token, signal });
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'UNAUTHENTICATED') throw error;
    if (token === accessToken) expiresAt = 0;
    return send(document, variables, { token: await freshToken(), signal });
  }
}

export async function freshToken(): Promise<string> {
  if (accessToken === undefined || Date.now() > expiresAt - MARGIN_SECONDS * 1000) await refresh();
  if (accessToken === undefined) throw new Failure('UNAUTHENTICATED', words.signInFirst);
  return accessToken;
}

/** Ask for a new token before the next request, because the server ended this one. */
export function distrustToken(): void {
  expiresAt = 0;
}

function refresh(): Promise<void> {
  refreshing ??= inTurn(renew).finally(() => {
    refreshing = undefined;
  });
  return refreshing;
}

// The refresh token turns over at each use. Two tabs that used the same one at once would look like a thief.
function inTurn(work: () => Promise<void>): Promise<void> {
  return 'locks' in navigator ? navigator.locks.request('hilum-refresh', work) : work();
}

async function renew(): Promise<void> {
  try {
    const { refreshSession: payload } = await send(RefreshSessionDocument, {});
    if (localStorage.getItem(OWED)) await payOwed(payload.accessToken ?? undefined);
    adopt(payload);
  } catch (error) {
    if (error instanceof Failure && error.isPassing) throw error;
    const isKnown = session.value.kind === 'signed-in';
    const wasOwed = localStorage.getItem(OWED) !== null;
    localStorage.removeItem(OWED);
    if (wasOwed) forget(words.signedOutWhileUnused);
    else forget(isKnown ? words.sessionEnded : undefined);
    throw error;
  }
}

/** Ends the session that an idle app had to leave open. Throws either way: nobody is signed in by it. */
async function payOwed(token: string | undefined): Promise<void> {
  if (token !== undefined) throwFaults((await send(SignOutDocument, { everywhere: false }, { token })).signOut.errors);
  throw new Failure('UNAUTHENTICATED', words.signedOutWhileUnused);
}

/** Takes the session of a payload; gives the challenge where there is one instead. Throws what the payload names. */
export function adopt(
  payload: Omit<SignedInFragment, 'challenge' | '__typename'> & { readonly challenge?: Challenge | null },
): Challenge | undefined {
  throwFaults(payload.errors);
  if (payload.challenge) return payload.challenge;
  if (!payload.accessToken || !payload.expiresAt || !payload.viewer) {
    throw new Failure('UNAUTHENTICATED', words.signInAgain);
  }
  localStorage.removeItem(OWED);
  accessToken = payload.accessToken;
  expiresAt = Date.parse(payload.expiresAt);
  renewLater();
  session.set({ kind: 'signed-in', viewer: payload.viewer });
  return undefined;
}

function renewLater(): void {
  clearTimeout(timer);
  const remaining = expiresAt - Date.now();
  timer = setTimeout(() => refresh().catch(() => undefined), Math.max(5_000, remaining - 2 * MARGIN_SECONDS * 1000));
}

function forget(reason?: string, isAsked = false): void {
  accessToken = undefined;
  expiresAt = 0;
  clearTimeout(timer);
  session.set({ kind: 'signed-out', isAsked, ...(reason !== undefined && { reason }) });
}
