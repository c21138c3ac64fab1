/** What a request, a session or the live connection says when it fails or ends. */
import { catalogue } from './catalogue';

export const requests = catalogue('requests', {
  noAnswer: 'No answer from Hilum. Check the connection; nothing is lost.',
  unknown: 'Something went wrong.',
  withReference: (message: string, traceId: string) => `${message} (reference ${traceId})`,
  signInAgain: 'Sign in again.',
  signInFirst: 'Sign in first.',
  tooMany: 'Too many requests; try again in a moment.',
  refused: (status: number) => `Hilum refused the request (${status}).`,
  emptyAnswer: 'The answer was empty.',
  liveIsLost: 'The live connection was lost.',
  sessionEnded: 'Your session ended. Sign in again to go on.',
  signedOutInOtherTab: 'You signed out in another tab.',
  signedOutWhileUnused: 'You were signed out while the device was not used.',
  signedOutAfter: (minutes: number) => `You were signed out after ${minutes} minutes without use.`,
  signedOutUntold:
    'You are signed out here, but Hilum could not be told: opened again, this device may still be signed in. Sign out again when you are online.',
});
