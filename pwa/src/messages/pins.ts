import { catalogue, counted } from './catalogue';

export const pins = catalogue('pins', {
  keep: 'Keep on this device',
  remove: 'Remove from this device',
  removeShort: 'Remove',
  goOn: 'Go on',
  cancel: 'Cancel',
  preparing: 'Preparing to keep this case…',
  keeping: (slices: string, total: string) => `Keeping ${slices} of ${total} slices`,
  keepingBytes: (bytes: string, likely: string) => `${bytes} of about ${likely}`,
  kept: (size: string, when: string) => `Kept on this device: ${size}, as of ${when}`,
  broken: (slices: string, total: string) => `Not kept yet: ${slices} of ${total} slices are here`,
  brokenOff: 'The connection was lost. What is here already is not fetched again.',
  faultTitle: 'The case is not kept on this device',
  hindrances: {
    cases: (most: number, _: string) =>
      `This device keeps at most ${counted(most, { one: 'case', other: 'cases' })}. Remove another one first.`,
    bytes: (_: number, most: string) =>
      `This device keeps at most ${most} of cases. Remove another one first, or open this one with reception.`,
    room: (_: number, __: string) =>
      'The browser has no room left for this case. Remove another one, or free some storage.',
  },
  cannot:
    'This browser cannot keep cases just now. In a private window it never can; else open Hilum anew and try again.',
  noPictures: 'This case has no pictures yet. Keep it once they are there.',
  notBegun: 'Sign in again to keep this case.',
  listTitle: 'Offline: kept on this device',
  nothing: 'No case is kept on this device.',
  elsewhere: 'Everything else needs reception.',
  standAlone: 'No connection. You see what is kept on this device.',
  tryAgain: 'Try again',
  knownAt: (when: string) => `No connection. This is what was known on ${when}.`,
  notHere: 'This case is not kept on this device. It opens when there is reception again.',
  needsReception: 'This needs reception',
  needsReceptionText: 'Without a connection only the cases that are kept on this device can be opened.',
  toKept: 'To the kept cases',
  use: (count: number, size: string) =>
    `${counted(count, { one: 'case', other: 'cases' })} kept to be read without reception, ${size}.`,
  useNone: 'No case is kept to be read without reception.',
  life: (minutes: number, hours: number) =>
    `Deleted when you sign out, after ${counted(minutes, { one: 'minute', other: 'minutes' })} without use, and ${counted(hours, { one: 'hour', other: 'hours' })} after Hilum was last reached.`,
  removeAll: 'Remove all kept cases',
});
