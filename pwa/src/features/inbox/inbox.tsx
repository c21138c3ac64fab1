import { useEffect, useMemo } from 'preact/hooks';
import { useStore } from '../../graphql/store';
import { agoOf } from '../../messages/formats';
import { inbox as words } from '../../messages/inbox';
import { shell } from '../../messages/shell';
import { Icon, type IconName } from '../../ui/icon';
import { Notice } from '../../ui/notice';
import { addressTo, type Route } from '../../ui/route';
import { InboxState, type Notification } from './inbox-state';
import './inbox.css';

/** A kind that this version does not know gets the bell. */
const ICONS: Partial<Record<string, IconName>> = {
  ANALYSIS_FINISHED: 'done',
  ANALYSIS_FAILED: 'error',
  URGENT_FINDING: 'warning',
  MENTION: 'comment',
  REPLY: 'comment',
  CASE_SHARED: 'person',
  REVIEW_SIGNED: 'done',
  RESULT_RELEASED: 'done',
  EXPORT_READY: 'folder',
};

export default function Inbox() {
  const state = useMemo(() => new InboxState(), []);
  const look = useStore(state.look);
  useEffect(() => () => state.close(), [state]);
  const hasUnread = look.rows.some(({ readAt }) => !readAt);
  return (
    <main class="page inbox">
      <div class="inbox-head">
        <h1>{words.title}</h1>
        {hasUnread && (
          <button type="button" class="button is-quiet" onClick={() => void state.markAll()}>
            {words.markAsRead}
          </button>
        )}
      </div>
      {look.fault && (
        <Notice kind="error" title={words.notRead} action={{ label: shell.tryAgain, onClick: () => void state.read() }}>
          {look.fault}
        </Notice>
      )}
      <ul class="notifications" aria-busy={look.isLoading} aria-label={words.notifications}>
        {look.rows.map((row) => (
          <Row key={row.id} row={row} onOpen={() => void state.mark(row.readAt ? [] : [row.id])} />
        ))}
        {look.isLoading &&
          look.rows.length === 0 &&
          [1, 2, 3].map((at) => <li key={at} class="notification skeleton" />)}
      </ul>
      {!look.isLoading && !look.fault && look.rows.length === 0 && <p class="empty">{words.empty}</p>}
      {look.hasMore && (
        <button type="button" class="button is-quiet" disabled={look.isLoading} onClick={() => state.more()}>
          {words.earlier}
        </button>
      )}
    </main>
  );
}

function Row({ row, onOpen }: { readonly row: Notification; readonly onOpen: () => void }) {
  const isUnread = !row.readAt;
  const content = (
    <>
      <Icon name={ICONS[row.kind] ?? 'bell'} />
      <span class="notification-words">
        <span>
          {isUnread && <span class="visually-hidden">{`${words.isUnread} `}</span>}
          {row.text}
        </span>
        <small class="muted">{[row.case?.title, agoOf(row.at)].filter(Boolean).join(' · ')}</small>
      </span>
      {isUnread && <i class="dot" aria-hidden="true" />}
    </>
  );
  const kind = `notification ${isUnread ? 'is-unread' : ''} is-${row.kind.toLowerCase()}`;
  return (
    <li>
      {row.case ? (
        <a class={kind} href={addressTo(placeOf(row, row.case.id))} onClick={onOpen}>
          {content}
        </a>
      ) : (
        <button type="button" class={kind} onClick={onOpen}>
          {content}
        </button>
      )}
    </li>
  );
}

function placeOf({ kind }: Notification, caseId: string): Route {
  if (kind === 'MENTION' || kind === 'REPLY') return { screen: 'case', caseId, tab: 'comments' };
  if (kind === 'REVIEW_SIGNED') return { screen: 'case', caseId, tab: 'reading' };
  return { screen: 'case', caseId };
}
