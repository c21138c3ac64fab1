import { useId, useRef, useState } from 'preact/hooks';
import { messageOf } from '../../graphql/failure';
import type { Access } from '../../graphql/generated/graphql';
import { peopleWords as words } from '../../messages/people';
import { newKey } from '../../offline/key';
import { Notice } from '../../ui/notice';

const CHOICES = ['READER', 'CONTRIBUTOR'] as const satisfies readonly Access[];

interface ShareFormProps {
  readonly onShare: (email: string, access: Access, idempotencyKey: string) => Promise<void>;
}

/** Invites by e-mail address: a colleague is found by it, a stranger gets an invitation to this one case. */
export function ShareForm({ onShare }: ShareFormProps) {
  const [email, setEmail] = useState('');
  const [access, setAccess] = useState<Access>('READER');
  const [said, setSaid] = useState<string>();
  const [fault, setFault] = useState<string>();
  const [isBusy, setIsBusy] = useState(false);
  // One key a person invited: a second try after a lost answer invites nobody twice.
  const key = useRef(newKey());
  const id = useId();

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setIsBusy(true);
    setFault(undefined);
    setSaid(undefined);
    try {
      await onShare(email.trim(), access, key.current);
      setSaid(words.shared(email.trim()));
      setEmail('');
      key.current = newKey();
    } catch (error) {
      setFault(messageOf(error));
    }
    setIsBusy(false);
  };

  return (
    <form class="share-form" onSubmit={submit}>
      <label for={`${id}-email`}>{words.email}</label>
      <input
        id={`${id}-email`}
        type="email"
        required
        maxLength={254}
        autocomplete="off"
        value={email}
        onInput={(event) => setEmail(event.currentTarget.value)}
      />
      <label for={`${id}-access`}>{words.as}</label>
      <select id={`${id}-access`} value={access} onChange={(event) => setAccess(event.currentTarget.value as Access)}>
        {CHOICES.map((value) => (
          <option key={value} value={value}>
            {words.choices[value]}
          </option>
        ))}
      </select>
      {fault && <Notice kind="error" title={fault} />}
      <p role="status" class="muted">
        {said}
      </p>
      <button type="submit" class="button" disabled={isBusy}>
        {isBusy ? words.sharing : words.share}
      </button>
    </form>
  );
}
