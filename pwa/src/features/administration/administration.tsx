import { useCallback, useEffect, useState } from 'preact/hooks';
import { messageOf } from '../../graphql/failure';
import { OversightDocument, type OversightQuery } from '../../graphql/generated/graphql';
import { request } from '../../graphql/session';
import { administration as words } from '../../messages/administration';
import { numberOf, whenOf } from '../../messages/formats';
import { wordOf } from '../../messages/values';
import { Notice } from '../../ui/notice';
import './administration.css';

type Oversight = NonNullable<OversightQuery['administration']>;

/** Who belongs to the organization, and whether its audit trail is whole. */
export default function Administration() {
  const [answer, setAnswer] = useState<OversightQuery>();
  const [fault, setFault] = useState<string>();
  const read = useCallback(
    () =>
      request(OversightDocument, {}).then(
        (fresh) => {
          setAnswer(fresh);
          setFault(undefined);
        },
        (error: unknown) => setFault(messageOf(error)),
      ),
    [],
  );
  useEffect(() => void read(), [read]);
  const seen = answer?.administration;
  return (
    <main class="page administration" aria-busy={!answer && !fault}>
      <h1>{words.title}</h1>
      {answer?.viewer && <p class="muted">{answer.viewer.organization.name}</p>}
      {fault && (
        <Notice kind="error" title={words.unreadable} action={{ label: words.tryAgain, onClick: () => void read() }}>
          {fault}
        </Notice>
      )}
      {seen && <Trail audit={seen.audit} />}
      {seen && <Members users={seen.users} />}
      {seen && (
        <section aria-labelledby="openings">
          <h2 id="openings">{words.openings}</h2>
          <ul class="points">
            <li>{words.invitations(seen.invitations.totalCount)}</li>
            <li>{words.apiKeys(seen.apiKeys.length)}</li>
          </ul>
          <p class="muted">{words.elsewhere}</p>
        </section>
      )}
    </main>
  );
}

function Trail({ audit }: { readonly audit: Oversight['audit'] }) {
  const proved = audit.verifiedAt ? words.proved(whenOf(audit.verifiedAt)) : '';
  return (
    <section aria-labelledby="audit">
      <h2 id="audit">{words.audit}</h2>
      {audit.intact === null && <Notice kind="info" title={words.unproved} />}
      {audit.intact === true && (
        <Notice kind="done" title={words.intact}>
          {proved}
        </Notice>
      )}
      {audit.intact === false && (
        <Notice kind="error" title={words.broken}>
          {proved}
        </Notice>
      )}
      <p class="muted">{words.entries(audit.totalCount)}</p>
    </section>
  );
}

function Members({ users }: { readonly users: Oversight['users'] }) {
  return (
    <section aria-labelledby="members">
      <h2 id="members">{words.people}</h2>
      <ul class="members">
        {users.edges.map(({ node: { id, displayName, email, role, disabled } }) => (
          <li key={id}>
            <span>
              {displayName}
              <small class="muted">{email}</small>
            </span>
            <span class="muted">{disabled ? words.disabled : wordOf(role)}</span>
          </li>
        ))}
      </ul>
      {users.edges.length < users.totalCount && (
        <p class="muted">{words.shown(users.edges.length, numberOf(users.totalCount))}</p>
      )}
    </section>
  );
}
