import { catalogue } from './catalogue';

export const settings = catalogue('settings', {
  title: 'Settings',
  you: 'You',
  name: 'Name',
  email: 'E-mail',
  role: 'Role',
  roleAt: (role: string, organization: string) => `${role}, ${organization}`,
  signOutHere: 'Sign out here',
  secondStep: {
    title: 'Second step',
    isOn: 'An authenticator app is asked for at each sign-in.',
    isOff: 'Your password alone opens this account.',
    setUp: 'Set up an app',
    setUpAnother: 'Set up another app',
  },
  appearance: {
    title: 'Appearance',
    choices: { dark: 'Dark', light: 'Light', device: 'As this device' },
    note: 'Images stand on black in either. The choice is kept on this device.',
  },
  push: {
    title: 'Notifications on this device',
    noKey: 'This server sends no notifications to devices.',
    states: {
      on: 'This device tells you of news while Hilum is closed, without names and without findings.',
      off: 'Be told of urgent findings, answers and results while Hilum is closed, without names and without findings.',
      refused: 'This browser was told not to show notifications of Hilum. Its own settings for this site change that.',
      unsupported:
        'This browser shows no notifications of Hilum. On an iPhone add it to the home screen first, and open it from there.',
    },
    switchOn: 'Switch on',
    switchOff: 'Switch off',
  },
  sessions: {
    title: 'Signed in on',
    thisOne: 'this one',
    times: (since: string, lastUsed: string) => `since ${since}, last used ${lastUsed}`,
    end: 'End',
    endOn: (device: string) => `End the session on ${device}`,
    endAll: 'Sign out everywhere',
    allEnded: 'You are signed out everywhere.',
    device: (program: string, system: string) => `${program} on ${system}`,
    commandLine: 'Command line',
    unknownDevice: 'Unknown device',
  },
  storage: {
    title: 'Storage on this device',
    use: (used: string, allowed: string) => `${used} used of ${allowed} that the browser allows.`,
    unknown: 'The browser does not say how much is used.',
  },
});
