/** What surrounds every screen, and what several screens say alike. */
import { catalogue } from './catalogue';
import { numberOf } from './formats';

export const shell = catalogue('shell', {
  opening: (what: string) => `Opening ${what}`,
  notLoaded: (what: string) => `${what} could not be loaded`,
  whyNotLoaded: 'Either there is no connection, or Hilum was updated meanwhile.',
  openAnew: 'Open Hilum anew',
  noServer: 'Hilum does not answer',
  tryAgain: 'Try again',
  signingOut: 'Signing out',
  signOut: (name: string) => `Sign out ${name}`,
  liveIsInterrupted: 'Live updates are interrupted; connecting again…',
  chooseCase: 'Choose a case on the left.',
  pageTitle: (screen: string) => `${screen} · Hilum`,
  theCase: 'The case',
  screens: {
    worklist: 'Worklist',
    upload: 'Upload',
    case: 'Case',
    inbox: 'Inbox',
    settings: 'Settings',
    help: 'Help',
    administration: 'Administration',
    'sign-up': 'Worklist',
  },
  uploadsUnderWay: (count: number) => `${manyOf(count)} under way`,
  unread: (count: number) => `${manyOf(count)} unread`,
  many: manyOf,
  newVersion: 'A new version is ready.',
  newVersionWaits: 'A new version is ready. It can be opened once everything is sent.',
  openNewVersion: 'Open it',
  later: 'Later',
  disclaimer: 'Research software, not a medical device.',
  phantom: 'Phantom',
  phantomNoPatient: 'Phantom, not a patient',
});

/** As much as a small round has room for. */
function manyOf(count: number): string {
  return count > 99 ? `${numberOf(99)}+` : numberOf(count);
}
