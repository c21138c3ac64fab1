import { useCallback, useEffect, useState } from 'preact/hooks';
import { messageOf, throwFaults } from '../../graphql/failure';
import { RevokeSessionDocument, SessionsDocument, type SessionsQuery } from '../../graphql/generated/graphql';
import { request, type SignedInViewer, signOut } from '../../graphql/session';
import { wordOf } from '../../messages/values';
import { Notice } from '../../ui/notice';
import { Enroll } from '../second-factor/enroll';
import { AppearanceChoice } from './appearance-choice';
import { PushChoice } from './push-choice';
import { Sessions } from './sessions';
import { StorageUse } from './storage-use';
import './settings.css';

type Account = NonNullable<SessionsQuery['viewer']>;

/** Who is signed in as oneself, how well that is guarded, and how this device shows and keeps things. */
export default function Settings({ viewer }: { readonly viewer: SignedInViewer }) {
  const [account, setAccount] = useState<Account>();
  const [fault, setFault] = useState<string>();
  const [isEnrolling, setIsEnrolling] = useState(false);
  const tell = useCallback((error: unknown) => setFault(messageOf(error)), []);
  const read = useCallback(
    () => request(SessionsDocument, {}).then(({ viewer: read }) => setAccount(read ?? undefined), tell),
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
    <main class="page settings">
      <h1>Settings</h1>
      {fault && <Notice kind="error" title={fault} action={{ label: 'Try again', onClick: () => void read() }} />}
      <section aria-labelledby="identity">
        <h2 id="identity">You</h2>
        <dl class="identity">
          <dt>Name</dt>
          <dd>{viewer.user.displayName}</dd>
          <dt>E-mail</dt>
          <dd>{viewer.user.email}</dd>
          <dt>Role</dt>
          <dd>
            {wordOf(viewer.user.role)}, {viewer.organization.name}
          </dd>
        </dl>
        <button type="button" class="button" onClick={() => void signOut()}>
          Sign out here
        </button>
      </section>
      <AppearanceChoice />
      <PushChoice />
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
          <Sessions sessions={account.sessions} onEnd={(id) => void end(id)} />
        </>
      )}
      <StorageUse />
    </main>
  );
}
