import { useCallback, useEffect, useState } from 'preact/hooks';
import { messageOf, throwFaults } from '../../graphql/failure';
import { RevokeSessionDocument, SessionsDocument, type SessionsQuery } from '../../graphql/generated/graphql';
import { request, type SignedInViewer, signOut } from '../../graphql/session';
import { settings as words } from '../../messages/settings';
import { shell } from '../../messages/shell';
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
      <h1>{words.title}</h1>
      {fault && <Notice kind="error" title={fault} action={{ label: shell.tryAgain, onClick: () => void read() }} />}
      <section aria-labelledby="identity">
        <h2 id="identity">{words.you}</h2>
        <dl class="identity">
          <dt>{words.name}</dt>
          <dd>{viewer.user.displayName}</dd>
          <dt>{words.email}</dt>
          <dd>{viewer.user.email}</dd>
          <dt>{words.role}</dt>
          <dd>{words.roleAt(wordOf(viewer.user.role), viewer.organization.name)}</dd>
        </dl>
        <button type="button" class="button" onClick={() => void signOut()}>
          {words.signOutHere}
        </button>
      </section>
      <AppearanceChoice />
      <PushChoice />
      {account && (
        <>
          <section aria-labelledby="second-step">
            <h2 id="second-step">{words.secondStep.title}</h2>
            <p class="muted">{account.mfaEnabled ? words.secondStep.isOn : words.secondStep.isOff}</p>
            <button type="button" class="button" onClick={() => setIsEnrolling(true)}>
              {account.mfaEnabled ? words.secondStep.setUpAnother : words.secondStep.setUp}
            </button>
          </section>
          <Sessions sessions={account.sessions} onEnd={(id) => void end(id)} />
        </>
      )}
      <StorageUse />
    </main>
  );
}
