import type { Urgency } from '../../graphql/generated/graphql';
import { session } from '../../graphql/session';
import { newKey } from '../../offline/key';

export interface ReadingDraft {
  readonly impression: string;
  readonly recommendation: string;
  readonly summary: string;
  readonly urgency: Urgency;
  /** Kept until it was signed: sent twice, it is signed once. */
  readonly key: string;
}

/** In memory alone: what somebody writes of a patient is not left on the device. */
const drafts = new Map<string, ReadingDraft>();

session.follow((state) => {
  if (state.kind !== 'signed-in') drafts.clear();
});

export function readingDraftOf(caseId: string): ReadingDraft | undefined {
  return drafts.get(caseId);
}

/** A changed text is another reading, and gets a key of its own. */
export function keepReadingDraft(caseId: string, change: Partial<Omit<ReadingDraft, 'key'>>): ReadingDraft {
  const empty = { impression: '', recommendation: '', summary: '', urgency: 'ROUTINE' as const };
  const draft = { ...empty, ...drafts.get(caseId), ...change, key: newKey() };
  drafts.set(caseId, draft);
  return draft;
}

export function dropReadingDraft(caseId: string): void {
  drafts.delete(caseId);
}
