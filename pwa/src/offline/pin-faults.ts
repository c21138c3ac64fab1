import { Failure, messageOf } from '../graphql/failure';
import { sizeOf } from '../messages/formats';
import { pins as words } from '../messages/pins';
import { type Hindrance, MOST_BYTES, MOST_CASES } from './pin-plan';
import { VaultClosed } from './vault';

/** No more can be kept: what that is, and what helps. */
export class NoRoom extends Error {
  constructor(hindrance: Hindrance) {
    super(words.hindrances[hindrance](MOST_CASES, sizeOf(MOST_BYTES)));
  }
}

/** Why a case could not be kept, for its reader. */
export function faultOf(error: unknown): string {
  if (error instanceof DOMException && error.name === 'QuotaExceededError') return new NoRoom('room').message;
  if (error instanceof TypeError || (error instanceof Failure && error.isPassing)) return words.brokenOff;
  if (error instanceof DOMException || error instanceof VaultClosed) return words.cannot;
  return messageOf(error);
}
