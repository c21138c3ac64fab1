import { isAbort, messageOf } from '../graphql/failure';
import { UploadsDocument } from '../graphql/generated/graphql';
import { hearNews } from '../graphql/news';
import { request, session } from '../graphql/session';
import { Store } from '../graphql/store';
import type { PickedFile } from './picked-file';
import { Transfer } from './transfer';
import { isBusy, isEnded } from './transfer-look';

/** Ids of uploads that began on this device; no names, which may hold a patient's. */
const STARTED_HERE = 'hilum-uploads';

/** All uploads that this page knows, newest first. They go on while the user is on another screen. */
export const transfers = new Store<readonly Transfer[]>([]);
/** How many of them are sending from this page now. */
export const busyCount = new Store(0);
/** Why the list of unfinished uploads could not be read. */
export const transfersFault = new Store<string | undefined>(undefined);

const countBusy = () => busyCount.set(transfers.value.filter(({ look }) => isBusy(look.value.phase)).length);
transfers.follow(countBusy);

hearNews((event) => {
  if (event.__typename !== 'UploadProgressed') return;
  transfers.value.find(({ look }) => look.value.upload?.id === event.upload.id)?.hear(event.upload);
});

session.follow((state) => {
  if (state.kind !== 'signed-out') return;
  for (const transfer of transfers.value) if (isBusy(transfer.look.value.phase)) transfer.pause();
  transfers.set([]);
  localStorage.removeItem(STARTED_HERE);
});

addEventListener('beforeunload', (event) => {
  if (transfers.value.some(({ look }) => isBusy(look.value.phase))) event.preventDefault();
});

export function startTransfer(picked: readonly PickedFile[]): Transfer {
  const transfer = Transfer.begin(picked);
  add([transfer]);
  const leave = transfer.look.follow(({ upload }) => {
    if (!upload) return;
    leave();
    rememberStart(upload.id);
  });
  return transfer;
}

/** Adds what the server says is unfinished, or was finished by a page that is gone. */
export async function readUnfinished(signal: AbortSignal): Promise<void> {
  try {
    const { viewer } = await request(UploadsDocument, {}, signal);
    transfersFault.set(undefined);
    const known = new Map(transfers.value.map((transfer) => [transfer.look.value.upload?.id, transfer]));
    const found: Transfer[] = [];
    for (const { node } of viewer?.uploads.edges ?? []) {
      const transfer = known.get(node.id);
      if (transfer) transfer.hear(node);
      else if (node.status === 'OPEN' || node.status === 'INGESTING') found.push(Transfer.known(node));
    }
    add([], found);
    forgetAllBut((viewer?.uploads.edges ?? []).filter(({ node }) => node.status === 'OPEN').map(({ node }) => node.id));
  } catch (error) {
    if (!isAbort(error)) transfersFault.set(messageOf(error));
  }
}

function add(newer: readonly Transfer[], older: readonly Transfer[] = []): void {
  for (const { look } of [...newer, ...older]) look.follow(countBusy);
  transfers.update((all) => [...newer, ...all, ...older]);
}

/** Takes an ended upload off the screen; the server keeps what it received. */
export function dismiss(transfer: Transfer): void {
  if (isEnded(transfer.look.value.phase) || !transfer.look.value.upload) {
    transfers.update((all) => all.filter((other) => other !== transfer));
  }
}

export function isStartedHere(uploadId: string | undefined): boolean {
  return uploadId !== undefined && readStarts().includes(uploadId);
}

function rememberStart(uploadId: string): void {
  localStorage.setItem(STARTED_HERE, JSON.stringify([...readStarts(), uploadId]));
}

function forgetAllBut(openIds: readonly string[]): void {
  localStorage.setItem(STARTED_HERE, JSON.stringify(readStarts().filter((id) => openIds.includes(id))));
}

function readStarts(): string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(STARTED_HERE) ?? '[]');
    return Array.isArray(stored) ? stored.filter((id) => typeof id === 'string') : [];
  } catch {
    return [];
  }
}
