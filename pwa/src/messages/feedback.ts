import { catalogue, counted } from './catalogue';

export const feedback = catalogue('feedback', {
  onAnalysis: 'Do you agree with this analysis?',
  onFinding: (number: number) => `Do you agree with finding ${number}?`,
  saidOfAnalysis: 'What is thought of this analysis',
  saidOfFinding: (number: number) => `What is thought of finding ${number}`,
  choices: { AGREE: 'Agree', PARTLY: 'Partly', DISAGREE: 'Disagree' },
  you: { AGREE: 'You agree', PARTLY: 'You agree partly', DISAGREE: 'You disagree' },
  others: {
    AGREE: (name: string) => `${name} agrees`,
    PARTLY: (name: string) => `${name} agrees partly`,
    DISAGREE: (name: string) => `${name} disagrees`,
  },
  more: (count: number) => counted(count, { one: 'more', other: 'more' }),
  waiting: 'Waiting to be sent',
  notKept: 'This browser keeps nothing: leave the page open until it is sent.',
  notTaken: (reason: string) => `Not taken: ${reason}`,
  tryAgain: 'Try again',
  discard: 'Discard',
  rather: (label: string) => `Rather: ${label}`,
  addNote: 'Add a note',
  changeNote: 'Change the note',
  correctedLabel: 'What it is instead',
  note: 'Note',
  save: 'Save',
  cancel: 'Cancel',
});
