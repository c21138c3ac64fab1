import { catalogue, counted } from './catalogue';

export const analysisWords = catalogue('analysis', {
  title: 'Analysis',
  all: (count: number) => `All analyses (${count})`,
  outcome: (when: string, outcome: string) => `${when}: ${outcome}`,
  nothingAbove: 'no finding above the threshold',
  above: (count: number) => counted(count, { one: 'finding', other: 'findings' }),
  failed: (state: string, failure: string) => `${state}. ${failure}`,
  notYet: 'Not analyzed yet.',
  start: 'Start the analysis',
  again: 'Analyze again',
  cancel: 'Cancel',
  unsuitable: 'These images do not suit the model',
  unsuitableWhy: (failure: string) => `${failure} Nothing was analyzed.`,
  madeFor: 'The model was made for chest CT.',
  failure: 'The analysis failed',
  failureRemedy: 'Try again; if it fails again, tell your administrator.',
  finished: 'Finished',
  finishedAt: (when: string) => `Finished ${when}`,
  uncertainty: (percent: string) => `uncertainty ${percent}`,
});
