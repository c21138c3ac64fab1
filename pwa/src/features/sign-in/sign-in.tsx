import { useState } from 'preact/hooks';
import { answerCode, answerNewPassword, signUp } from '../../graphql/accounts';
import { type Challenge, signIn } from '../../graphql/session';
import { fields } from '../../messages/fields';
import { signIn as words } from '../../messages/sign-in';
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
        onDone={(done) => {
          setSaid(done);
          back();
        }}
      />
    );
  }
  if (at.screen === 'sign-up') return <SignUp at={at} onAnswered={answered} />;
  return (
    <Form
      title={words.title}
      lead={words.lead}
      said={said}
      action={words.action}
      busy={words.busy}
      onSubmit={async (value) => answered(await signIn(value('email').trim(), value('password')))}
      ways={<Way onClick={() => setIsResetting(true)}>{words.forgot}</Way>}
    >
      <EmailField />
      <Field label={fields.password} name="password" type="password" autocomplete="current-password" />
    </Form>
  );
}

interface AnswerProps {
  readonly challenge: Challenge;
  readonly onAnswered: (next: Challenge | undefined) => void;
  readonly onBack: () => void;
}

function Answer({ challenge, onAnswered, onBack }: AnswerProps) {
  const ways = <Way onClick={onBack}>{words.beginAgain}</Way>;
  const withCode = async (value: (name: string) => string) =>
    onAnswered(await answerCode(challenge.token, value('code').trim()));
  switch (challenge.kind) {
    case 'ENROLL_TOTP':
      return <Enroll challenge={challenge.token} onBack={onBack} />;
    case 'NEW_PASSWORD':
      return (
        <Form
          title={words.newPassword.title}
          lead={words.newPassword.lead}
          action={words.newPassword.action}
          busy={words.saving}
          onSubmit={async (value) => onAnswered(await answerNewPassword(challenge.token, value('password')))}
          ways={ways}
        >
          <NewPasswordField />
        </Form>
      );
    case 'CONFIRM_EMAIL':
      return (
        <Form
          title={words.email.title}
          lead={words.email.lead}
          action={words.email.action}
          busy={words.checking}
          onSubmit={withCode}
          ways={ways}
        >
          <CodeField label={words.codeOfMail} />
        </Form>
      );
    default:
      return (
        <Form
          title={words.secondStep.title}
          lead={words.secondStep.lead}
          action={words.action}
          busy={words.checking}
          onSubmit={withCode}
          ways={ways}
        >
          <CodeField hint={words.secondStep.hint} />
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
      title={words.account.title}
      lead={at.invitation ? words.account.leadOfInvited : words.account.leadOfPatient}
      action={words.account.action}
      busy={words.account.busy}
      onSubmit={submit}
      ways={<Way onClick={() => goTo({ screen: 'worklist' })}>{words.account.isThere}</Way>}
    >
      <EmailField />
      <Field label={words.account.name} name="name" autocomplete="name" maxLength={200} />
      <NewPasswordField label={fields.password} />
    </Form>
  );
}
