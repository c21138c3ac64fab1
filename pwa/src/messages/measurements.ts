import { catalogue } from './catalogue';

/** Beside the images; messages/quantities.ts has what is also written on them. */
export const measurementWords = catalogue('measurements', {
  none: 'No measurements yet: the ruler and the ellipse are among the tools.',
  title: 'Measurements',
  counted: (count: number) => `Measurements (${count})`,
  readAgain: 'Read again',
  deleted: (kind: string, slice: number) => `${kind} on slice ${slice} deleted.`,
  undo: 'Undo',
  slice: (slice: number) => `slice ${slice}`,
  you: 'you',
  saving: 'saving',
  notSaved: (fault: string) => `Not saved: ${fault}`,
  notDeleted: (fault: string) => `Not deleted: ${fault}`,
  tryAgain: 'Try again',
  delete: 'Delete',
  deleteWhich: (kind: string, slice: number) => `Delete ${kind}, slice ${slice}`,
  unanswered: 'Hilum did not say what it saved.',
});
