import { catalogue, counted } from './catalogue';
import { numberOf } from './formats';

const FILES = { one: 'file', other: 'files' };

export const upload = catalogue('upload', {
  title: 'Upload',
  uploads: 'Uploads',
  drop: 'or drop files and folders here',
  notRead: 'Unfinished uploads could not be read',
  note: 'DICOM files, zip archives of any folder depth, PNG and JPEG pictures. Whatever was sent stays sent: a broken upload goes on where it stopped.',
  pickFiles: 'Choose files',
  pickFilesHint: 'DICOM or zip',
  pickFolder: 'Choose a folder',
  pickFolderHint: 'a whole study or CD',
  pickPictures: 'Choose pictures',
  pickPicturesHint: 'PNG or JPEG',
  stoppedBy: 'The upload stopped',
  pause: 'Pause',
  resume: 'Resume',
  discard: 'Discard',
  hide: 'Hide',
  closedEarly: 'The page was closed before all was sent. Pick the same files again: only what is missing is sent.',
  beganElsewhere:
    'This upload began on another device or in another browser. Pick the same files again: only what is missing is sent.',
  missing: (count: number) =>
    counted(count, {
      one: 'file of this upload was not among them',
      other: 'files of this upload were not among them',
    }),
  refusedOthersKept: (count: number) =>
    counted(count, { one: 'image refused; the others are kept', other: 'images refused; the others are kept' }),
  andMore: (count: number) => `and ${numberOf(count)} more`,
  filesSent: (sent: number, all: number) => `${numberOf(sent)} of ${counted(all, FILES)} sent`,
  files: (count: number) => counted(count, FILES),
  filesOfFolder: (folder: string, count: number) => `${folder} (${counted(count, FILES)})`,
  filesBegun: (count: number, ago: string) => `${counted(count, FILES)}, ${ago}`,
  sentOf: (sent: string, all: string) => `${sent} of ${all}`,
  aSecond: (size: string) => `${size}/s`,
  checking: (checked: string, all: string) => `Checking the files, ${checked} of ${all}`,
  waiting: (sent: string, all: string) =>
    `Waiting for the connection · ${sent} of ${all}. It goes on by itself while Hilum is open.`,
  paused: (sent: string, all: string) => `Paused · ${sent} of ${all}`,
  interrupted: (open: number, all: number) => `Interrupted · ${counted(open, FILES)} of ${numberOf(all)} still to send`,
  finishing: 'All sent; handing over',
  ingesting: 'Received; reading the images',
  done: 'Done',
  stored: (count: number) => counted(count, { one: 'image stored', other: 'images stored' }),
  alreadyThere: (count: number) => `${numberOf(count)} already there`,
  refused: (count: number) => `${numberOf(count)} refused`,
  aborted: 'Discarded',
  expired: 'Too old to go on; upload the files again',
  stopped: 'Stopped',
});
