import { catalogue } from './catalogue';

export const signIn = catalogue('sign-in', {
  title: 'Hilum',
  lead: 'Chest CT in, marked findings out.',
  action: 'Sign in',
  busy: 'Signing in…',
  forgot: 'Forgot the password?',
  beginAgain: 'Begin again',
  codeOfMail: 'Code from the mail',
  saving: 'Saving…',
  checking: 'Checking…',
  newPassword: {
    title: 'A new password',
    lead: 'The one you were given is good for one sign-in.',
    action: 'Go on',
  },
  email: {
    title: 'Confirm your e-mail',
    lead: 'A code was sent to your address. It is good for ten minutes.',
    action: 'Confirm',
  },
  secondStep: {
    title: 'Second step',
    lead: 'The six digits that your authenticator app shows now.',
    hint: 'Without the app, one of your recovery codes.',
  },
  account: {
    title: 'Your account',
    leadOfInvited: 'For the address that the invitation was sent to.',
    leadOfPatient: 'To see your own results.',
    action: 'Make the account',
    busy: 'Making it…',
    isThere: 'I have an account',
    name: 'Your name, as others see it',
  },
  reset: {
    back: 'Back to sign in',
    title: 'Reset the password',
    lead: 'A code is mailed to the address, if there is an account with it.',
    action: 'Send a code',
    busy: 'Sending…',
    choose: 'Choose a new password',
    chooseLead: (email: string) =>
      `If there is an account with ${email}, a code is on its way. It is good for ten minutes.`,
    set: 'Set the password',
    done: 'The password is changed. Sign in with the new one.',
  },
});
