import { MOST_SHARED, type Shared } from '../offline/shared-files';
import { catalogue, counted } from './catalogue';
import { sizeOf } from './formats';

/** Files that another app shared. */
export const shared = catalogue('shared', {
  title: 'Shared from another app',
  amount: (files: number, bytes: number) => `${counted(files, { one: 'file', other: 'files' })}, ${sizeOf(bytes)}`,
  more: (files: number) => `and ${counted(files, { one: 'more file', other: 'more files' })}`,
  waiting: 'Nothing is sent before you say so. After 15 minutes they are deleted from this device.',
  start: 'Upload',
  discard: 'Discard',
  hide: 'Hide',
  signIn: 'The shared files wait on this device for 15 minutes. Sign in to upload them.',
  titles: {
    none: 'Nothing was shared that can be uploaded',
    'too-many': 'Too many files were shared at once',
    'too-large': 'The shared files are too large',
    unkept: 'The shared files could not be kept on this device',
    unopened: 'The shared files did not arrive',
    lost: 'The shared files are no longer here',
  },
  remedies: {
    none: 'Share DICOM files, zip archives, or PNG or JPEG pictures.',
    'too-many': (most: string) => `At most ${most} can wait here. Share a zip archive of them, or choose them below.`,
    'too-large': (most: string) => `At most ${most} can wait here. Choose them below: there they may be larger.`,
    unkept: 'The browser has no room or keeps nothing. Choose them below instead.',
    unopened: 'Sharing works once Hilum was opened on this device, as now. Share them again, or choose them below.',
    lost: 'They wait for 15 minutes at most. Share them again, or choose them below.',
  },
});

export type SharedNews = Exclude<Shared, 'kept'> | 'lost';

export function remedyOf(news: SharedNews): string {
  const { remedies } = shared;
  if (news === 'too-many') return remedies[news](counted(MOST_SHARED.files, { one: 'file', other: 'files' }));
  if (news === 'too-large') return remedies[news](sizeOf(MOST_SHARED.bytes));
  return remedies[news];
}
