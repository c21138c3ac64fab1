import type { SessionsQuery } from '../../graphql/generated/graphql';
import { signOut } from '../../graphql/session';
import { agoOf, whenOf } from '../../messages/formats';
import { deviceOf } from './device';

type Session = NonNullable<SessionsQuery['viewer']>['sessions'][number];

interface SessionsProps {
  readonly sessions: readonly Session[];
  readonly onEnd: (sessionId: string) => void;
}

export function Sessions({ sessions, onEnd }: SessionsProps) {
  return (
    <section aria-labelledby="sessions">
      <h2 id="sessions">Signed in on</h2>
      <ul class="sessions">
        {sessions.map((each) => (
          <li key={each.id}>
            <span>
              <strong>{deviceOf(each.userAgent)}</strong>
              {each.current && <span class="badge is-ready">this one</span>}
              <small class="muted">
                since {whenOf(each.createdAt)}, last used {agoOf(each.lastSeenAt)}
              </small>
            </span>
            {!each.current && (
              <button type="button" class="button is-quiet" onClick={() => onEnd(each.id)}>
                End<span class="visually-hidden"> the session on {deviceOf(each.userAgent)}</span>
              </button>
            )}
          </li>
        ))}
      </ul>
      <button
        type="button"
        class="button"
        onClick={() => void signOut({ everywhere: true, reason: 'You are signed out everywhere.' })}
      >
        Sign out everywhere
      </button>
    </section>
  );
}
