import { catalogue } from './catalogue';

/** The schema's own words, as people say them. */
const known: Readonly<Record<string, string>> = catalogue('values', {
  RECEIVING: 'Receiving',
  ANALYZING: 'Analyzing',
  READY: 'Ready',
  FAILED: 'Failed',
  REVIEWED: 'Reviewed',
  ARCHIVED: 'Archived',
  ROUTINE: 'Routine',
  PRIORITY: 'Priority',
  URGENT: 'Urgent',
  QUEUED: 'Waiting',
  RUNNING: 'Analyzing',
  SUCCEEDED: 'Finished',
  CANCELLED: 'Cancelled',
  UNSUITABLE: 'Not suitable',
  WAITING: 'Waiting',
  PREPARING: 'Preparing the images',
  INFERRING: 'Looking for findings',
  REPORTING: 'Writing the result',
  DONE: 'Done',
  PATIENT: 'Patient',
  CLINICIAN: 'Clinician',
  ADMINISTRATOR: 'Administrator',
  OWNER: 'Owner',
  CONTRIBUTOR: 'Contributor',
  READER: 'Reader',
});

/** Unknown values are shown readably: new ones may come. */
export function wordOf(value: string): string {
  const word = known[value];
  if (word) return word;
  const words = value.replaceAll('_', ' ').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
