import { session } from '../../graphql/session';
import { newKey } from '../../offline/key';

export interface Draft {
  readonly body: string;
  /** Kept until the comment was taken: sent twice, it is there once. */
  readonly key: string;
}

/** In memory alone: what somebody writes of a patient is not left on the device. */
const drafts = new Map<string, Draft>();

session.follow((state) => {
  if (state.kind !== 'signed-in') drafts.clear();
});

export function draftOf(caseId: string): Draft {
  return drafts.get(caseId) ?? { body: '', key: newKey() };
}

/** Another text is another comment, and gets a key of its own. */
export function keepDraft(caseId: string, body: string): Draft {
  const draft = { body, key: newKey() };
  drafts.set(caseId, draft);
  return draft;
}

export function dropDraft(caseId: string): void {
  drafts.delete(caseId);
}
