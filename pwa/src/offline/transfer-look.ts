import type { UploadStateFragment, UploadStatus } from '../graphql/generated/graphql';

export type Phase =
  | 'checking' // reads the files to hash them, and asks for the upload
  | 'sending'
  | 'waiting' // for the network or a busy server; goes on by itself
  | 'paused' // by the user; the files are at hand
  | 'needs-files' // after a reload: the same files have to be picked again
  | 'finishing' // all parts are there
  | 'ingesting'
  | 'complete'
  | 'aborted'
  | 'expired'
  | 'failed';

export interface FileLook {
  readonly name: string;
  readonly size: number;
  /** Bytes that left this device, as far as known. */
  readonly sent: number;
}

export interface TransferLook {
  readonly phase: Phase;
  readonly upload: UploadStateFragment | undefined;
  readonly files: readonly FileLook[];
  readonly totalBytes: number;
  readonly sentBytes: number;
  readonly checkedBytes: number;
  /** Bytes a second, lately. */
  readonly rate: number | undefined;
  readonly fault: string | undefined;
}

export function firstLook(phase: Phase): TransferLook {
  return {
    phase,
    upload: undefined,
    files: [],
    totalBytes: 0,
    sentBytes: 0,
    checkedBytes: 0,
    rate: undefined,
    fault: undefined,
  };
}

const ENDS: Partial<Record<UploadStatus, Phase>> = {
  INGESTING: 'ingesting',
  COMPLETE: 'complete',
  ABORTED: 'aborted',
  EXPIRED: 'expired',
};

/** What the server says counts once the upload is no longer open; until then this device knows better. */
export function phaseOf({ status }: Pick<UploadStateFragment, 'status'>, now: Phase): Phase {
  return ENDS[status] ?? now;
}

/** Whether bytes of it may be on their way from this page. */
export function isBusy(phase: Phase): boolean {
  return phase === 'checking' || phase === 'sending' || phase === 'waiting' || phase === 'finishing';
}

export function isEnded(phase: Phase): boolean {
  return phase === 'complete' || phase === 'aborted' || phase === 'expired';
}
