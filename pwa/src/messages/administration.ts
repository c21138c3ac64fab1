import { catalogue, counted } from './catalogue';

export const administration = catalogue('administration', {
  title: 'Administration',
  unreadable: 'This organization could not be read',
  tryAgain: 'Try again',
  audit: 'Audit trail',
  intact: 'Whole: nothing was changed, removed or inserted.',
  broken: 'Not whole: entries were changed, removed or inserted. Run “hilum audit verify” on the server to see where.',
  unproved: 'Not proved yet.',
  proved: (when: string) => `Proved ${when}.`,
  entries: (count: number) => counted(count, { one: 'entry', other: 'entries' }),
  people: 'People',
  disabled: 'Disabled',
  shown: (shown: number, total: string) => `The first ${shown} of ${total}`,
  openings: 'Ways in',
  invitations: (count: number) => counted(count, { one: 'invitation', other: 'invitations' }),
  apiKeys: (count: number) => counted(count, { one: 'key of an application', other: 'keys of applications' }),
  elsewhere: 'People are invited, their roles changed and keys made through the GraphQL API; docs/using.md tells how.',
});
