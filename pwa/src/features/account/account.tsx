import { useCallback, useEffect, useState } from 'preact/hooks';
import { messageOf, throwFaults } from '../../graphql/failure';
import { RevokeSessionDocument, SessionsDocument, type SessionsQuery } from '../../graphql/generated/graphql';
import { request, signOut } from '../../graphql/session';
import { Notice } from '../../ui/notice';
import { agoOf, whenOf } from '../../ui/words';
import { Enroll } from '../second-factor/enroll';
import { deviceOf } from './device';
import './account.css';

type Account = NonNullable<SessionsQuery['viewer']>;

/** Who is signed in as oneself, and how well that is guarded. */
export function Account() {
  const [account, setAccount] = useState<Account>();
  const [fault, setFault] = useState<string>();
  const [isEnrolling, setIsEnrolling] = useState(false);
  const tell = useCallback((error: unknown) => setFault(messageOf(error)), []);
  const read = useCallback(
    () => request(SessionsDocument, {}).then(({ viewer }) => setAccount(viewer ?? undefined), tell),
    [tell],
  );
  useEffect(() => void read(), [read]);

  const end = async (sessionId: string) => {
    try {
      const { revokeSession } = await request(RevokeSessionDocument, { input: { sessionId } });
      throwFaults(revokeSession.errors);
      setFault(undefined);
    } catch (error) {
      tell(error);
    }
    await read();
  };

  if (isEnrolling) {
    const back = () => {
      setIsEnrolling(false);
      void read();
    };
    return <Enroll onBack={back} onDone={back} />;
  }
  return (
    <main class="account">
      <h1>Your account</h1>
      {fault && <Notice kind="error" title={fault} action={{ label: 'Try again', onClick: () => void read() }} />}
      {account && (
        <>
          <section aria-labelledby="second-step">
            <h2 id="second-step">Second step</h2>
            <p class="muted">
              {account.mfaEnabled
                ? 'An authenticator app is asked for at each sign-in.'
                : 'Your password alone opens this account.'}
            </p>
            <button type="button" class="button" onClick={() => setIsEnrolling(true)}>
              {account.mfaEnabled ? 'Set up another app' : 'Set up an app'}
            </button>
          </section>
          <section aria-labelledby="sessions">
            <h2 id="sessions">Signed in on</h2>
            <ul class="sessions">
              {account.sessions.map((each) => (
                <li key={each.id}>
                  <span>
                    <strong>{deviceOf(each.userAgent)}</strong>
                    {each.current && <span class="badge is-ready">this one</span>}
                    <small class="muted">
                      since {whenOf(each.createdAt)}, last used {agoOf(each.lastSeenAt)}
                    </small>
                  </span>
                  {!each.current && (
                    <button type="button" class="button is-quiet" onClick={() => void end(each.id)}>
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
        </>
      )}
    </main>
  );
}
