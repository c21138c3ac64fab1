import { catalogue, counted } from './catalogue';

interface Interval {
  readonly share: string;
  readonly low: string;
  readonly high: string;
}

export const help = catalogue('help', {
  title: 'Help',
  research: 'Research software, not a medical device',
  noDiagnosis:
    'No diagnosis, no treatment and no triage may rest on it. Whoever reads the images answers for the reading.',
  meaning: 'What a mark means',
  meanings: {
    outline:
      'An outline is a place where the model saw what may be a nodule. The percentage is its probability of that.',
    noMark: 'No mark does not mean no nodule. The model misses some, and looks for nothing else.',
    size: 'A class by size (Lung-RADS, Fleischner) is read from a table for the measured diameter, if the nodule is solid.',
    saliency: '“What the model went by” shows where the picture mattered to it. It is no outline of a lesion.',
  },
  notRead: 'The models could not be read',
  noModel: 'No model is active in your organization.',
  images: 'Looking through the images',
  gestures: {
    fingers: 'One finger up and down goes through the slices; two fingers enlarge and move; two taps fit the picture.',
    hold: 'Hold, then drag, for brightness and contrast; the buttons below give the usual windows.',
    preview: '“Preview” on the picture says that the full picture is still on its way: do not read on it.',
    keyboard: 'With a keyboard, press ? over the images for all keys.',
  },
  privacy: 'Who sees what',
  privacyPoints: {
    sharing:
      'Only your organization and those a case was shared with see it. A patient sees images, and a result only once it is released.',
    audit: 'Each look at a case is written to an audit trail that cannot be altered unnoticed.',
    idle: 'Left alone for 15 minutes the app signs you out.',
  },
  model: {
    answers: (name: string, version: string) => `${name}, version ${version}. Answers now.`,
    isNotServed: (name: string, version: string) =>
      `${name}, version ${version}. The inference server does not serve it now.`,
    measured: 'How good it is',
    limits: 'What it cannot do',
    failures: 'Where it failed',
    trainedOn: 'What it learned from and was tested on',
    found: (share: string, interval: Interval, falsely: string) =>
      `Finds ${share} of nodules (${interval.share} interval ${interval.low} to ${interval.high}) where it takes ${falsely} of look-alikes for one.`,
    countedOn: (nodules: number, places: number) =>
      `Counted on ${counted(nodules, { one: 'nodule', other: 'nodules' })} among ${counted(places, { one: 'place', other: 'places' })} it was not trained on.`,
  },
});
