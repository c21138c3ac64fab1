import { catalogue, counted } from './catalogue';

export const leavingWords = catalogue('leaving', {
  title: (count: number) => counted(count, { one: 'change not sent yet', other: 'changes not sent yet' }),
  loses: (count: number) =>
    count === 1
      ? 'Signing out deletes it from this device. To keep it, stay signed in until the network is back.'
      : 'Signing out deletes them from this device. To keep them, stay signed in until the network is back.',
  stay: 'Stay signed in',
  leave: 'Delete and sign out',
});
