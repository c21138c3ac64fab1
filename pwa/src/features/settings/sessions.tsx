import type { SessionsQuery } from '../../graphql/generated/graphql';
import { signOut } from '../../graphql/session';
import { agoOf, whenOf } from '../../messages/formats';
import { settings } from '../../messages/settings';
import { deviceOf } from './device';

type Session = NonNullable<SessionsQuery['viewer']>['sessions'][number];

interface SessionsProps {
  readonly sessions: readonly Session[];
  readonly onEnd: (sessionId: string) => void;
}

export function Sessions({ sessions, onEnd }: SessionsProps) {
  const { sessions: words } = settings;
  return (
    <section aria-labelledby="sessions">
      <h2 id="sessions">{words.title}</h2>
      <ul class="sessions">
        {sessions.map((each) => (
          <li key={each.id}>
            <span>
              <strong>{deviceOf(each.userAgent)}</strong>
              {each.current && <span class="badge is-ready">{words.thisOne}</span>}
              <small class="muted">{words.times(whenOf(each.createdAt), agoOf(each.lastSeenAt))}</small>
            </span>
            {!each.current && (
              <button
                type="button"
                class="button is-quiet"
                aria-label={words.endOn(deviceOf(each.userAgent))}
                onClick={() => onEnd(each.id)}
              >
                {words.end}
              </button>
            )}
          </li>
        ))}
      </ul>
      <button type="button" class="button" onClick={() => void signOut({ everywhere: true, reason: words.allEnded })}>
        {words.endAll}
      </button>
    </section>
  );
}
