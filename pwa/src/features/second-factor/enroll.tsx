import { useEffect, useState } from 'preact/hooks';
import { confirmTotp, type Enrolled, enrollTotp, type TotpSecret } from '../../graphql/accounts';
import { messageOf } from '../../graphql/failure';
import { secondFactor as words } from '../../messages/second-factor';
import { CodeField, Form, Way } from '../../ui/form';
import { Notice } from '../../ui/notice';
import { QrCode } from './qr-code';
import { RecoveryCodes } from './recovery-codes';
import './second-factor.css';

interface EnrollProps {
  /** Of a sign-in; without one, for whoever is signed in. */
  readonly challenge?: string;
  readonly onBack: () => void;
  readonly onDone?: () => void;
}

/** Set up an authenticator app; then the recovery codes, which are shown this once. */
export function Enroll({ challenge, onBack, onDone }: EnrollProps) {
  const [secret, setSecret] = useState<TotpSecret>();
  const [enrolled, setEnrolled] = useState<Enrolled>();
  const [fault, setFault] = useState<string>();
  useEffect(() => {
    enrollTotp(challenge).then(setSecret, (error: unknown) => setFault(messageOf(error)));
  }, [challenge]);

  if (enrolled) {
    const proceed = () => {
      enrolled.proceed();
      onDone?.();
    };
    return <RecoveryCodes codes={enrolled.recoveryCodes} onKept={proceed} />;
  }
  return (
    <Form
      title={words.title}
      lead={words.lead}
      action={words.action}
      busy={words.busy}
      onSubmit={async (value) => setEnrolled(await confirmTotp(value('code').trim(), challenge))}
      ways={<Way onClick={onBack}>{words.notNow}</Way>}
    >
      {fault && <Notice kind="error" title={fault} />}
      {secret && (
        <>
          <a class="button" href={secret.otpauthUri}>
            {words.openInApp}
          </a>
          <details>
            <summary>{words.onOtherDevice}</summary>
            <QrCode text={secret.otpauthUri} />
            <p>
              {words.typeKey} <code class="secret">{secret.secret.match(/.{1,4}/g)?.join(' ')}</code>
            </p>
          </details>
        </>
      )}
      <CodeField label={words.sixDigits} />
    </Form>
  );
}
