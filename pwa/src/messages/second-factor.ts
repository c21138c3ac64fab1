import { catalogue } from './catalogue';

export const secondFactor = catalogue('second-factor', {
  title: 'Set up a second step',
  lead: 'An authenticator app on your phone will show a new code every half minute. Patient data opens with it only.',
  action: 'Confirm',
  busy: 'Checking…',
  notNow: 'Not now',
  openInApp: 'Open in the authenticator app',
  onOtherDevice: 'The app is on another device',
  typeKey: 'Or type this key:',
  qrCode: 'QR code of the key',
  sixDigits: 'Six digits that the app shows',
  recovery: {
    title: 'Recovery codes',
    lead: 'Each opens your account once, should your phone be lost. Keep them where the phone is not; they are not shown again.',
    action: 'I have kept them',
    busy: 'Opening…',
    copy: 'Copy them',
    copied: 'Copied.',
    notCopied: 'This browser does not let the app copy. Write the codes down.',
  },
});
