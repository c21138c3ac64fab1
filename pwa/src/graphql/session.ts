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
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'signed-out'; readonly reason?: string }
  | { readonly kind: 'leaving' }
  | { readonly kind: 'signed-in'; readonly viewer: SignedInViewer };

const UNTOLD =
  'You are signed out here, but Hilum could not be told: opened again, this device may still be signed in. Sign out again when you are online.';

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
  if (event.data === 'signed-out') forget('You signed out in another tab.');
});

/** Takes up the session that the HttpOnly cookie keeps, if there is one. */
export async function resumeSession(): Promise<void> {
  session.set({ kind: 'starting' });
  try {
    await refresh();
  } catch (error) {
    if (error instanceof Failure && error.isPassing) session.set({ kind: 'unreachable' });
    else if (session.value.kind === 'starting') session.set({ kind: 'signed-out' });
  }
}

/** Gives what is asked next; nothing once the user is signed in. */
export async function signIn(email: string, password: string): Promise<Challenge | undefined> {
  const { signIn: payload } = await send(SignInDocument, { input: { email, password } });
  return adopt(payload);
}

/** Ends here whether or not the server could be told. What shows data goes first: its addresses end with the session. */
export async function signOut(
  options: { readonly everywhere?: boolean; readonly reason?: string } = {},
): Promise<void> {
  const token = accessToken;
  session.set({ kind: 'leaving' });
  let { reason } = options;
  try {
    const { signOut: payload } = await send(SignOutDocument, { everywhere: options.everywhere ?? false }, { token });
    throwFaults(payload.errors);
  } catch {
    // The cookie cannot be taken away from here: it is out of a script's reach, and only the server ends it.
    reason = UNTOLD;
  }
  otherTabs?.postMessage('signed-out');
  forget(reason);
}

/** One operation as the signed-in user; a token that ended on the way is renewed once. */
export async function request<TResult, TVariables extends object>(
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
  if (accessToken === undefined) throw new Failure('UNAUTHENTICATED', 'Sign in first.');
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
    adopt(payload);
  } catch (error) {
    if (error instanceof Failure && error.isPassing) throw error;
    forget(session.value.kind === 'signed-in' ? 'Your session ended. Sign in again to go on.' : undefined);
    throw error;
  }
}

/** Takes the session of a payload; gives the challenge where there is one instead. Throws what the payload names. */
export function adopt(
  payload: Omit<SignedInFragment, 'challenge' | '__typename'> & { readonly challenge?: Challenge | null },
): Challenge | undefined {
  throwFaults(payload.errors);
  if (payload.challenge) return payload.challenge;
  if (!payload.accessToken || !payload.expiresAt || !payload.viewer) {
    throw new Failure('UNAUTHENTICATED', 'Sign in again.');
  }
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

function forget(reason?: string): void {
  accessToken = undefined;
  expiresAt = 0;
  clearTimeout(timer);
  session.set(reason === undefined ? { kind: 'signed-out' } : { kind: 'signed-out', reason });
}
