import { catalogue, counted } from './catalogue';

export const caseWords = catalogue('case', {
  tryAgain: 'Try again',
  opening: 'Opening the case',
  noSuchCase: 'No such case',
  notThere: 'This case is not there, or not for you to see.',
  notOpened: 'The case could not be opened',
  toWorklist: 'To the worklist',
  backToWorklist: 'Back to the worklist',
  images: 'Images',
  beingTakenIn: 'The images are being taken in.',
  noPictures: 'This case holds no pictures.',
  model: (title: string, name: string, version: string) => `${title} (${name}, version ${version})`,
  modelVersion: (name: string, version: string) => `${name}, version ${version}`,
  patientId: (id: string) => `ID ${id}`,
  born: (date: string) => `born ${date}`,
  sexes: { M: 'male', F: 'female', O: 'other' },
  series: (number: number) => `Series ${number}`,
  slices: (count: number) => counted(count, { one: 'slice', other: 'slices' }),
  tabs: {
    about: 'About this case',
    findings: 'Findings',
    comments: (count: number) => (count > 0 ? `Comments (${count})` : 'Comments'),
    reading: 'Reading',
    people: 'People',
    result: 'Your result',
  },
});
