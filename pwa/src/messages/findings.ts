import { catalogue } from './catalogue';

export const findingWords = catalogue('findings', {
  title: 'Findings',
  none: 'No finding above the threshold',
  counted: (count: number) => `Findings (${count})`,
  ofEarlier: (when: string) => `Of the earlier analysis, ${when}`,
  noneRulesNothingOut:
    'The model marked nothing at its operating point. That does not rule a nodule out: read the images.',
  below: (count: number) => `Less probable, below the threshold (${count})`,
  aboveThreshold: 'Above threshold',
  belowThreshold: 'Below threshold',
  slice: (slice: number) => `slice ${slice}`,
  named: (number: number) => `finding ${number}`,
  described: (number: number, facts: string) => `finding ${number}: ${facts}`,
  isAbove: 'above the threshold',
  isBelow: 'below the threshold',
  lessThan: (percent: string) => `< ${percent}`,
  moreThan: (percent: string) => `> ${percent}`,
  bySize: (classes: string) => `By size, if solid: ${classes}`,
  rule: (rule: string, version: string, category: string) => `${rule} ${version}: ${category}`,
  holdsIf: (assumptions: string) => `Holds if ${assumptions}.`,
  noDiagnosis: 'A table’s class for the measured size, not a diagnosis, and not the model’s word.',
});
