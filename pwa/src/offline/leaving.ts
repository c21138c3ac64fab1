import { Store } from '../graphql/store';
import { unsentCount } from './outbox';

export interface LeavingQuestion {
  readonly unsent: number;
  readonly answer: (isLeaving: boolean) => void;
}

/** Asked while somebody wants to sign out with words that nobody has got yet. */
export const leavingQuestion = new Store<LeavingQuestion | undefined>(undefined);

/** Whether to sign out; at once where nothing would be lost. */
export function askToLeave(): Promise<boolean> {
  const unsent = unsentCount.value;
  if (unsent === 0) return Promise.resolve(true);
  return new Promise((resolve) => {
    const answer = (isLeaving: boolean) => {
      leavingQuestion.set(undefined);
      resolve(isLeaving);
    };
    leavingQuestion.set({ unsent, answer });
  });
}
