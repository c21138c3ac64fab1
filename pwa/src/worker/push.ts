/** What a push says (never a name, never a finding), and the notification made of it. Used by the service worker alone. */

/** As api/push sends it: a kind of the schema's NotificationKind, a case's id, how many are unread. */
export interface Push {
  readonly kind: string;
  readonly case: string | undefined;
  readonly unread: number;
}

/** A kind that this version does not know gets the last of them. */
const WORDS: Record<string, string> = {
  ANALYSIS_FINISHED: 'An analysis is finished.',
  ANALYSIS_FAILED: 'An analysis gave no result.',
  URGENT_FINDING: 'A case asks for an urgent look.',
  MENTION: 'You were mentioned in a discussion.',
  REPLY: 'There is an answer in a discussion.',
  CASE_SHARED: 'A case was shared with you.',
  REVIEW_SIGNED: 'A reading was signed.',
  RESULT_RELEASED: 'A result is there for you to read.',
  EXPORT_READY: 'An export is ready.',
};
const OTHER = 'There is something new.';

/** Whatever comes, something can be shown: a browser takes the permission away from apps that show nothing. */
export function readPush(text: string | undefined): Push {
  let said: unknown;
  try {
    said = JSON.parse(text ?? '');
  } catch {
    said = undefined;
  }
  const [kind, subject, unread] = [partOf(said, 'kind'), partOf(said, 'case'), partOf(said, 'unread')];
  return {
    kind: typeof kind === 'string' ? kind : '',
    case: typeof subject === 'string' && subject !== '' ? subject : undefined,
    unread: typeof unread === 'number' && unread >= 0 ? unread : 0,
  };
}

/** One a case: what comes later takes the place of what came before. */
export function notificationOf(push: Push): { readonly title: string; readonly options: NotificationOptions } {
  const tag = push.case ?? 'hilum';
  const data = { address: addressOf(push) };
  return {
    title: 'Hilum',
    options: { body: WORDS[push.kind] ?? OTHER, tag, data, icon: '/icon-192.png', badge: '/icon-192.png' },
  };
}

/** Behind the #, so that no server's log holds it. */
export function addressOf({ kind, case: caseId }: Push): string {
  if (caseId === undefined) return '/#/inbox';
  const part = kind === 'MENTION' || kind === 'REPLY' ? '/comments' : '';
  return `/#/cases/${encodeURIComponent(caseId)}${part}`;
}

function partOf(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.getOwnPropertyDescriptor(value, key)?.value;
}
