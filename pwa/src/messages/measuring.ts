import { catalogue } from './catalogue';

/** Drawing measurements on the picture. */
export const measuringWords = catalogue('measuring', {
  title: 'Measuring',
  isNotSaved: 'is not saved',
  notSaved: 'Not saved',
  drag: 'Press and drag on the picture',
  deleted: 'Deleted',
  tryAgain: 'Try again',
  delete: 'Delete',
  undo: 'Undo',
  done: 'Done',
  valuesCome: 'Values come with the whole slice',
  takenUp: (kind: string) => `${kind}: drag on the picture, or Enter for one in its middle`,
  putDown: 'Tool put down',
  firstEnd: 'First end',
  secondEnd: 'Second end',
  noneHere: 'No measurement on this slice',
  deletedWhich: (kind: string) => `${kind} deleted, Z brings it back`,
  broughtBack: 'Brought back',
  yours: 'yours, arrow keys move its second end',
  by: (author: string) => `by ${author}`,
  tooSmall: (kind: string) => `${kind} too small to measure`,
});
