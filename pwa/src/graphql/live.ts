import { type Client, createClient } from 'graphql-ws';
import { requests as words } from '../messages/requests';
import { backoffSeconds, pause } from './backoff';
import { Failure, failureOfFaults, isAbort } from './failure';
import type { TypedDocumentString } from './generated/graphql';
import { distrustToken, freshToken, session } from './session';
import { Store } from './store';
import { ENDPOINT } from './transport';

/** Whether news comes in as it happens; false while the connection is being made again. */
export const isLive = new Store(true);

/** Codes after which asking again cannot help. */
const FINAL = new Set(['NOT_FOUND', 'FORBIDDEN', 'INVALID']);

let socket: Client | undefined;

session.follow((state) => {
  if (state.kind === 'signed-in') return;
  void socket?.dispose();
  socket = undefined;
});

export interface Following<TEvent> {
  /** The cursor to start after; each event moves it on, so that a new connection misses and doubles nothing. */
  readonly after: string;
  readonly cursorOf: (event: TEvent) => string;
  readonly onEvent: (event: TEvent) => void;
  /** The cursor is too old to replay from: read the state afresh and give a new cursor. */
  readonly onGap: () => Promise<string>;
  readonly signal: AbortSignal;
}

/** Follows a subscription for as long as the signal lets it, over every loss of connection. */
export async function follow<TEvent, TVariables extends object>(
  document: TypedDocumentString<TEvent, TVariables>,
  variables: TVariables,
  { after, cursorOf, onEvent, onGap, signal }: Following<TEvent>,
): Promise<void> {
  let cursor = after;
  let attempt = 0;
  while (!signal.aborted) {
    try {
      await listen<TEvent>(document.toString(), { ...variables, after: cursor }, signal, (event) => {
        attempt = 0;
        isLive.set(true);
        cursor = cursorOf(event);
        onEvent(event);
      });
    } catch (error) {
      if (signal.aborted || isAbort(error)) return;
      if (error instanceof Failure && FINAL.has(error.code)) return;
      if (error instanceof Failure && error.code === 'UNAUTHENTICATED') distrustToken();
      if (error instanceof Failure && error.code === 'EXPIRED') cursor = await onGap().catch(() => cursor);
    }
    attempt += 1;
    await pause(backoffSeconds(attempt), signal).catch(() => undefined);
  }
}

function listen<TEvent>(
  query: string,
  variables: Record<string, unknown>,
  signal: AbortSignal,
  onEvent: (event: TEvent) => void,
): Promise<void> {
  socket ??= openSocket();
  const current = socket;
  return new Promise((resolve, reject) => {
    const leave = current.subscribe<TEvent>(
      { query, variables },
      {
        next: ({ data, errors }) => {
          if (errors) reject(failureOfFaults(errors));
          else if (data) onEvent(data);
        },
        error: (error) => reject(failureOfStream(error)),
        complete: resolve,
      },
    );
    signal.addEventListener('abort', () => leave(), { once: true });
  });
}

function openSocket(): Client {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  return createClient({
    url: `${scheme}://${location.host}${ENDPOINT}`,
    connectionParams: async () => ({ Authorization: `Bearer ${await freshToken()}` }),
    // Trying again is done by `follow`, which knows the cursor; the client's own retry would replay from the first one.
    retryAttempts: 0,
    keepAlive: 15_000,
    lazyCloseTimeout: 3_000,
    on: { connected: () => isLive.set(true), closed: () => isLive.set(false) },
  });
}

function failureOfStream(error: unknown): Failure {
  if (Array.isArray(error)) return failureOfFaults(error);
  const code = error instanceof CloseEvent ? error.code : undefined;
  if (code === 4401 || code === 4403) return new Failure('UNAUTHENTICATED', words.signInAgain);
  return new Failure('OFFLINE', words.liveIsLost);
}
