/** What a push says (never a name, never a finding), and the notification made of it. Used by the service worker alone. */
import { push as words } from '../messages/push';

/** As api/push sends it: a kind of the schema's NotificationKind, a case's id, how many are unread. */
export interface Push {
  readonly kind: string;
  readonly case: string | undefined;
  readonly unread: number;
}

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
    options: { body: wordsOf(push.kind), tag, data, icon: '/icon-192.png', badge: '/icon-192.png' },
  };
}

/** A kind that this version does not know is told without naming it. */
function wordsOf(kind: string): string {
  return (Object.hasOwn(words, kind) && words[kind]) || words.other;
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
