import { useState } from 'preact/hooks';
import { requestReset, resetPassword } from '../../graphql/accounts';
import { CodeField, EmailField, Form, NewPasswordField, Way } from '../../ui/form';

interface PasswordResetProps {
  readonly onBack: () => void;
  /** words: what to say where one signs in then. */
  readonly onDone: (words: string) => void;
}

/** The answer is the same whether or not the address is known: this screen may not know it either. */
export function PasswordReset({ onBack, onDone }: PasswordResetProps) {
  const [email, setEmail] = useState<string>();
  const ways = <Way onClick={onBack}>Back to sign in</Way>;
  if (email === undefined) {
    return (
      <Form
        title="Reset the password"
        lead="A code is mailed to the address, if there is an account with it."
        action="Send a code"
        busy="Sending…"
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
      title="Choose a new password"
      lead={`If there is an account with ${email}, a code is on its way. It is good for ten minutes.`}
      action="Set the password"
      busy="Saving…"
      onSubmit={async (value) => {
        await resetPassword(email, value('code').trim(), value('password'));
        onDone('The password is changed. Sign in with the new one.');
      }}
      ways={ways}
    >
      <CodeField label="Code from the mail" />
      <NewPasswordField />
    </Form>
  );
}
