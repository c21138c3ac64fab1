const FIRST_SECONDS = 0.5;
const LONGEST_SECONDS = 30;

/**
 * Seconds to wait before try number `attempt` (from 1): doubling from half a second to half a minute, with a random
 * half taken off so that a ward full of phones does not come back in the same instant.
 */
export function backoffSeconds(attempt: number, random: () => number = Math.random): number {
  const whole = Math.min(LONGEST_SECONDS, FIRST_SECONDS * 2 ** (Math.max(1, attempt) - 1));
  return whole * (1 - random() / 2);
}

/** Waits, or ends early when the device comes back online; aborting rejects with AbortError. */
export function pause(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new DOMException('Aborted', 'AbortError'));
    const end = (finish: () => void) => () => {
      clearTimeout(timer);
      removeEventListener('online', wake);
      signal.removeEventListener('abort', stop);
      finish();
    };
    const wake = end(resolve);
    const stop = end(() => reject(new DOMException('Aborted', 'AbortError')));
    const timer = setTimeout(wake, seconds * 1000);
    addEventListener('online', wake);
    signal.addEventListener('abort', stop);
  });
}
