import { throwFaults } from './failure';
import {
  MarkReadDocument,
  type MarkReadInput,
  type NotificationDetailFragment,
  UnreadOfCasesDocument,
  type UnreadOfCasesQuery,
} from './generated/graphql';
import { hearNews, tellNews } from './news';
import { request } from './session';
import { Store } from './store';

type Unread = Pick<
  NonNullable<UnreadOfCasesQuery['viewer']>['notifications']['edges'][number]['node'],
  'id' | 'kind'
> & {
  readonly caseId: string | undefined;
};

/** Kinds that are read with the comments and not with the case. */
const OF_COMMENTS: readonly string[] = ['MENTION', 'REPLY'];

/** How many notifications are unread: shown at the inbox and at the app's own icon. */
export const unreadCount = new Store(0);
let unread: readonly Unread[] = [];

unreadCount.follow((count) => {
  // Not every browser shows a badge, and one without permission refuses: neither is an error.
  if (!('setAppBadge' in navigator)) return;
  const shown = count > 0 ? navigator.setAppBadge(count) : navigator.clearAppBadge();
  shown.catch(() => undefined);
});

/** Counts from now on, until the signal; at the end nothing is left of it. */
export function followUnread(signal: AbortSignal): void {
  const read = () => void readUnread(signal).catch(() => undefined);
  const leave = hearNews((event) => {
    if (event.__typename === 'NotificationArrived') take(event.notification);
    if (event.__typename === 'NotificationArrived' || event.__typename === 'Gap') read();
  });
  signal.addEventListener('abort', () => {
    leave();
    unread = [];
    unreadCount.set(0);
  });
  read();
}

/** The case was opened: what was told of it is known now, but of its comments. */
export async function caseWasOpened(caseId: string): Promise<void> {
  const ids = idsOfCase(unread, caseId);
  if (ids.length > 0) await markRead({ notificationIds: ids });
}

/** Its comments were read, and all that was told of it. */
export async function commentsWereRead(caseId: string): Promise<void> {
  await markRead({ caseId });
  tellNews({ __typename: 'CaseRead', caseId });
}

export async function markRead(input: MarkReadInput): Promise<void> {
  const { markRead: payload } = await request(MarkReadDocument, { input });
  throwFaults(payload.errors);
  unread = unread.filter(
    ({ id, caseId }) => !input.notificationIds?.includes(id) && (!input.caseId || caseId !== input.caseId),
  );
  if (payload.viewer) unreadCount.set(payload.viewer.unreadCount);
}

/** Those of a case that opening it makes known. Pure. */
export function idsOfCase(notifications: readonly Unread[], caseId: string): string[] {
  return notifications.filter((each) => each.caseId === caseId && !OF_COMMENTS.includes(each.kind)).map(({ id }) => id);
}

function take({ id, kind, case: subject }: NotificationDetailFragment): void {
  unread = [{ id, kind, caseId: subject?.id }, ...unread.filter((each) => each.id !== id)];
}

async function readUnread(signal: AbortSignal): Promise<void> {
  const { viewer } = await request(UnreadOfCasesDocument, {}, signal);
  if (!viewer || signal.aborted) return;
  unread = viewer.notifications.edges.map(({ node }) => ({ id: node.id, kind: node.kind, caseId: node.case?.id }));
  unreadCount.set(viewer.unreadCount);
}
