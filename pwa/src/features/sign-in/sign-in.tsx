import { useState } from 'preact/hooks';
import { answerCode, answerNewPassword, signUp } from '../../graphql/accounts';
import { type Challenge, signIn } from '../../graphql/session';
import { CodeField, EmailField, Field, Form, NewPasswordField, Way } from '../../ui/form';
import { goTo, type Route } from '../../ui/route';
import { Enroll } from '../second-factor/enroll';
import { PasswordReset } from './password-reset';

interface SignInProps {
  readonly reason?: string | undefined;
  /** An invitation or an open sign-up that the address names. */
  readonly at: Route;
}

/** From the address and password to the session, one question after the other. */
export function SignIn({ reason, at }: SignInProps) {
  const [challenge, setChallenge] = useState<Challenge>();
  const [isResetting, setIsResetting] = useState(false);
  const [said, setSaid] = useState(reason);
  const back = () => {
    setChallenge(undefined);
    setIsResetting(false);
  };
  const answered = (next: Challenge | undefined) => {
    setChallenge(next);
    if (!next && at.screen === 'sign-up') goTo({ screen: 'worklist' });
  };

  if (challenge) return <Answer challenge={challenge} onAnswered={answered} onBack={back} />;
  if (isResetting) {
    return (
      <PasswordReset
        onBack={back}
        onDone={(words) => {
          setSaid(words);
          back();
        }}
      />
    );
  }
  if (at.screen === 'sign-up') return <SignUp at={at} onAnswered={answered} />;
  return (
    <Form
      title="Hilum"
      lead="Chest CT in, marked findings out."
      said={said}
      action="Sign in"
      busy="Signing in…"
      onSubmit={async (value) => answered(await signIn(value('email').trim(), value('password')))}
      ways={<Way onClick={() => setIsResetting(true)}>Forgot the password?</Way>}
    >
      <EmailField />
      <Field label="Password" name="password" type="password" autocomplete="current-password" />
    </Form>
  );
}

interface AnswerProps {
  readonly challenge: Challenge;
  readonly onAnswered: (next: Challenge | undefined) => void;
  readonly onBack: () => void;
}

function Answer({ challenge, onAnswered, onBack }: AnswerProps) {
  const ways = <Way onClick={onBack}>Begin again</Way>;
  const withCode = async (value: (name: string) => string) =>
    onAnswered(await answerCode(challenge.token, value('code').trim()));
  switch (challenge.kind) {
    case 'ENROLL_TOTP':
      return <Enroll challenge={challenge.token} onBack={onBack} />;
    case 'NEW_PASSWORD':
      return (
        <Form
          title="A new password"
          lead="The one you were given is good for one sign-in."
          action="Go on"
          busy="Saving…"
          onSubmit={async (value) => onAnswered(await answerNewPassword(challenge.token, value('password')))}
          ways={ways}
        >
          <NewPasswordField />
        </Form>
      );
    case 'CONFIRM_EMAIL':
      return (
        <Form
          title="Confirm your e-mail"
          lead="A code was sent to your address. It is good for ten minutes."
          action="Confirm"
          busy="Checking…"
          onSubmit={withCode}
          ways={ways}
        >
          <CodeField label="Code from the mail" />
        </Form>
      );
    default:
      return (
        <Form
          title="Second step"
          lead="The six digits that your authenticator app shows now."
          action="Sign in"
          busy="Checking…"
          onSubmit={withCode}
          ways={ways}
        >
          <CodeField hint="Without the app, one of your recovery codes." />
        </Form>
      );
  }
}

interface SignUpProps {
  readonly at: Extract<Route, { screen: 'sign-up' }>;
  readonly onAnswered: (next: Challenge | undefined) => void;
}

function SignUp({ at, onAnswered }: SignUpProps) {
  const submit = async (value: (name: string) => string) => {
    const account = { email: value('email').trim(), displayName: value('name').trim(), password: value('password') };
    const { invitation, organizationId } = at;
    onAnswered(
      await signUp({
        ...account,
        ...(invitation !== undefined && { invitation }),
        ...(organizationId !== undefined && { organizationId }),
      }),
    );
  };
  return (
    <Form
      title="Your account"
      lead={at.invitation ? 'For the address that the invitation was sent to.' : 'To see your own results.'}
      action="Make the account"
      busy="Making it…"
      onSubmit={submit}
      ways={<Way onClick={() => goTo({ screen: 'worklist' })}>I have an account</Way>}
    >
      <EmailField />
      <Field label="Your name, as others see it" name="name" autocomplete="name" maxLength={200} />
      <NewPasswordField label="Password" />
    </Form>
  );
}
