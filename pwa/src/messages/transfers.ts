/** Why an upload stops. */
import { catalogue } from './catalogue';

export const transfers = catalogue('transfers', {
  notStarted: 'The upload could not be started.',
  gone: 'This upload is no longer there.',
  pickSameFiles: 'Pick the same files again to go on.',
  fileChanged: (name: string) => `${name} was changed or is gone. Pick the files again.`,
  fileFault: (name: string, fault: string) => `${name}: ${fault}`,
  connectionBroke: 'The connection broke.',
  noAnswer: 'No answer came.',
  partRefused: (status: number) => `The server refused a part (${status}).`,
});
