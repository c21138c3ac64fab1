import { useState } from 'preact/hooks';
import { requestReset, resetPassword } from '../../graphql/accounts';
import { signIn } from '../../messages/sign-in';
import { CodeField, EmailField, Form, NewPasswordField, Way } from '../../ui/form';

interface PasswordResetProps {
  readonly onBack: () => void;
  /** words: what to say where one signs in then. */
  readonly onDone: (words: string) => void;
}

/** The answer is the same whether or not the address is known: this screen may not know it either. */
export function PasswordReset({ onBack, onDone }: PasswordResetProps) {
  const [email, setEmail] = useState<string>();
  const { reset: words } = signIn;
  const ways = <Way onClick={onBack}>{words.back}</Way>;
  if (email === undefined) {
    return (
      <Form
        title={words.title}
        lead={words.lead}
        action={words.action}
        busy={words.busy}
        onSubmit={async (value) => {
          const address = value('email').trim();
          await requestReset(address);
          setEmail(address);
        }}
        ways={ways}
      >
        <EmailField />
      </Form>
    );
  }
  return (
    <Form
      title={words.choose}
      lead={words.chooseLead(email)}
      action={words.set}
      busy={signIn.saving}
      onSubmit={async (value) => {
        await resetPassword(email, value('code').trim(), value('password'));
        onDone(words.done);
      }}
      ways={ways}
    >
      <CodeField label={signIn.codeOfMail} />
      <NewPasswordField />
    </Form>
  );
}
