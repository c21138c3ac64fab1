import { sizeOf, timeLeft } from '../../messages/formats';
import { upload as words } from '../../messages/upload';
import type { TransferLook } from '../../offline/transfer-look';

/** One line that says how a transfer stands. */
export function standingOf(look: TransferLook): string {
  const { phase, sentBytes, totalBytes, rate, upload } = look;
  const [sent, all] = [sizeOf(sentBytes), sizeOf(totalBytes)];
  switch (phase) {
    case 'checking':
      return words.checking(sizeOf(look.checkedBytes), all);
    case 'sending':
      return [
        words.sentOf(sent, all),
        rate && words.aSecond(sizeOf(rate)),
        timeLeft(rate && (totalBytes - sentBytes) / rate),
      ]
        .filter(Boolean)
        .join(' · ');
    case 'waiting':
      return words.waiting(sent, all);
    case 'paused':
      return words.paused(sent, all);
    case 'needs-files':
      return words.interrupted(upload?.pending.totalCount ?? 0, upload?.all.totalCount ?? 0);
    case 'finishing':
      return words.finishing;
    case 'ingesting':
      return words.ingesting;
    case 'complete':
      return doneWords(look);
    case 'aborted':
      return words.aborted;
    case 'expired':
      return words.expired;
    default:
      return words.stopped;
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
  if (!upload) return words.done;
  const { accepted, duplicates, rejections } = upload;
  return [
    words.stored(accepted),
    duplicates > 0 && words.alreadyThere(duplicates),
    rejections.totalCount > 0 && words.refused(rejections.totalCount),
  ]
    .filter(Boolean)
    .join(' · ');
}
