import { sizeOf, timeLeft } from '../../messages/formats';
import type { TransferLook } from '../../offline/transfer-look';
import { plural } from '../../ui/words';

/** One line that says how a transfer stands. */
export function standingOf(look: TransferLook): string {
  const { phase, sentBytes, totalBytes, rate, upload } = look;
  const sent = `${sizeOf(sentBytes)} of ${sizeOf(totalBytes)}`;
  switch (phase) {
    case 'checking':
      return `Checking the files, ${sizeOf(look.checkedBytes)} of ${sizeOf(totalBytes)}`;
    case 'sending':
      return [sent, rate && `${sizeOf(rate)}/s`, timeLeft(rate && (totalBytes - sentBytes) / rate)]
        .filter(Boolean)
        .join(' · ');
    case 'waiting':
      return `Waiting for the connection · ${sent}. It goes on by itself.`;
    case 'paused':
      return `Paused · ${sent}`;
    case 'needs-files':
      return `Interrupted · ${plural(upload?.pending.totalCount ?? 0, 'file')} of ${upload?.all.totalCount ?? 0} still to send`;
    case 'finishing':
      return 'All sent; handing over';
    case 'ingesting':
      return 'Received; reading the images';
    case 'complete':
      return doneWords(look);
    case 'aborted':
      return 'Discarded';
    case 'expired':
      return 'Too old to go on; upload the files again';
    default:
      return 'Stopped';
  }
}

/** 0 to 1 within the phase. */
export function shareOf({ phase, sentBytes, totalBytes, checkedBytes, upload }: TransferLook): number {
  if (phase === 'ingesting') return upload?.progress ?? 0;
  if (phase === 'complete' || phase === 'finishing') return 1;
  const bytes = phase === 'checking' ? checkedBytes : sentBytes;
  if (phase === 'needs-files' && upload) return 1 - upload.pending.totalCount / Math.max(1, upload.all.totalCount);
  return totalBytes === 0 ? 0 : bytes / totalBytes;
}

function doneWords({ upload }: TransferLook): string {
  if (!upload) return 'Done';
  const { accepted, duplicates, rejections } = upload;
  return [
    `${plural(accepted, 'image')} stored`,
    duplicates > 0 && `${duplicates.toLocaleString()} already there`,
    rejections.totalCount > 0 && `${rejections.totalCount.toLocaleString()} refused`,
  ]
    .filter(Boolean)
    .join(' · ');
}
