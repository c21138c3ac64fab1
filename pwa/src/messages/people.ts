import { catalogue } from './catalogue';

export const peopleWords = catalogue('people', {
  title: 'People',
  unreadable: 'Who takes part could not be read',
  tryAgain: 'Try again',
  clinicians: (organization: string) => `All clinicians of ${organization} see this case, and besides:`,
  nobody: 'Nobody else.',
  somebody: 'Somebody who was invited',
  invited: 'invited, has not signed up yet',
  since: (when: string) => `since ${when}`,
  self: (name: string) => `${name} (you)`,
  remove: 'Remove',
  removeSurely: 'Yes, remove',
  removeWhom: (name: string) => `Remove ${name}`,
  removeWhomSurely: (name: string) => `Yes, remove ${name}`,
  email: 'Share with (e-mail)',
  as: 'As',
  choices: { READER: 'Reader: looks and reads along', CONTRIBUTOR: 'Contributor: comments and measures too' },
  shared: (email: string) => `Shared with ${email}.`,
  sharing: 'Sharing',
  share: 'Share',
});
