import { requests as words } from '../messages/requests';
import { busyCount } from '../offline/transfers';
import { readerOf, session, signOut } from './session';

/** Minutes without a touch, a key or a running upload after which the app signs out: others may hold the phone by now. */
export const IDLE_MINUTES = 15;
const CHECK_MS = 15_000;
const SIGNS = ['pointerdown', 'keydown', 'wheel', 'touchmove'] as const;

let lastUse = Date.now();

/** Once an app. A phone that slept counts by the clock, not by timers, which sleep too. */
export function signOutWhenIdle(): void {
  for (const sign of SIGNS) addEventListener(sign, noteUse, { passive: true, capture: true });
  document.addEventListener('visibilitychange', check);
  session.follow((state) => readerOf(state) && noteUse());
  setInterval(check, CHECK_MS);
}

function noteUse(): void {
  if (!isIdle(Date.now())) lastUse = Date.now();
  else check();
}

function check(): void {
  if (!readerOf(session.value)) {
    lastUse = Date.now();
  } else if (busyCount.value > 0) {
    lastUse = Date.now();
  } else if (isIdle(Date.now())) {
    lastUse = Date.now();
    const reason = words.signedOutAfter(IDLE_MINUTES);
    void signOut({ reason, isIdle: true });
  }
}

function isIdle(now: number): boolean {
  return now - lastUse > IDLE_MINUTES * 60_000;
}
