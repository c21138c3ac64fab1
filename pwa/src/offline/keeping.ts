/** Ties what this device keeps to the session: opened by it, confirmed by it, destroyed with it. */
import { backoffSeconds } from '../graphql/backoff';
import { guardSignOut, readerOf, resumeQuietly, type SessionState, session } from '../graphql/session';
import { keepKnownAnswers, knownSince } from './kept-answers';
import { askToLeave } from './leaving';
import { forgetOutbox, readOutbox, sendUnsent, watchOutbox } from './outbox';
import { forgetPins, keptReader, readPins, refreshPins, watchPins } from './pins';
import { watchReception } from './reception';
import { confirm, wipe, wipeOld } from './vault';

/** Milliseconds between two looks at whether something has outlived its time. */
const CHECK_MS = 60_000;

let reader: string | undefined;
let turn: Promise<void> = Promise.resolve();

/** Once an app, before the session is taken up. */
export function keepWithSession(): void {
  guardSignOut(askToLeave);
  keepKnownAnswers();
  watchReception();
  watchPins();
  watchOutbox();
  watchNetwork();
  session.follow((state) => {
    // One after the other: a wiping that begins while something is confirmed must come after it.
    turn = turn.then(() => settle(state)).catch(() => undefined);
  });
  setInterval(() => void endOld().catch(() => undefined), CHECK_MS);
}

/** What has outlived its time goes from the screen too. */
async function endOld(): Promise<void> {
  await wipeOld();
  const { value } = session;
  if (value.kind === 'unreachable' && value.viewer && !(await keptReader())) session.set({ kind: 'unreachable' });
  else if (readerOf(value)) await readPins();
}

/** While the server does not answer, asks for the session again: often at first, and when something has changed. */
function watchNetwork(): void {
  let attempt = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const resume = async () => {
    clearTimeout(timer);
    if (session.value.kind !== 'unreachable') return;
    attempt += 1;
    await resumeQuietly();
    clearTimeout(timer);
    timer = setTimeout(resume, backoffSeconds(attempt) * 1000);
  };
  addEventListener('online', () => void resume());
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && void resume());
  session.follow(({ kind }) => {
    clearTimeout(timer);
    if (kind === 'unreachable') timer = setTimeout(resume, backoffSeconds(Math.max(1, attempt)) * 1000);
    else attempt = 0;
  });
}

async function settle(state: SessionState): Promise<void> {
  if (state.kind === 'signed-in') {
    const { id } = state.viewer.user;
    await confirm(id);
    if (reader === id) return;
    reader = id;
    await readOutbox();
    sendUnsent();
    await readPins();
    refreshPins();
  } else if (state.kind === 'unreachable') {
    await wipeOld();
    await readOutbox();
  } else if (state.kind === 'leaving' || state.kind === 'signed-out') {
    reader = undefined;
    forgetOutbox();
    forgetPins();
    knownSince.set(new Map());
    await wipeFor(state);
  }
}

/** Cases go at any end of a session. Words: asked for by the user, all goes at once, told to the server or not. Ended otherwise, unsent words wait sealed for their writer. */
async function wipeFor(state: SessionState): Promise<void> {
  await wipe('cases');
  if ((state.kind === 'leaving' || state.kind === 'signed-out') && state.isAsked) await wipe('words');
}
