import { backoffSeconds, pause } from '../graphql/backoff';
import { Failure, isAbort, messageOf, throwFaults } from '../graphql/failure';
import {
  AbortUploadDocument,
  CompleteUploadDocument,
  CreateUploadDocument,
  UploadByIdDocument,
  type UploadFileInput,
  type UploadStateFragment,
} from '../graphql/generated/graphql';
import { request } from '../graphql/session';
import { isOld } from '../graphql/signed-address';
import { Store } from '../graphql/store';
import { transfers as words } from '../messages/transfers';
import { partChecksums } from './checksums';
import { newKey } from './key';
import { lastName, matchFiles, receivedBytes } from './part-plan';
import { listFiles, type PendingPart, pendingParts, renewPart } from './pending-parts';
import type { PickedFile } from './picked-file';
import { PartFault, sendPart } from './send-part';
import { firstLook, phaseOf, type TransferLook } from './transfer-look';
import { TransferTally } from './transfer-tally';
import { Turns } from './turns';

/** Parts on their way at once. */
const LANES = 4;
/** New addresses in a row that the server may refuse for one part. */
const REFUSALS = 3;

const { take: beginInTurn } = new Turns();

/** One upload from picking to the end of ingestion: it survives lost connections, pauses and reloads. */
export class Transfer {
  readonly key = newKey();
  readonly look: Store<TransferLook>;
  readonly #tally: TransferTally;
  #files: ReadonlyMap<number, PickedFile>;
  #running = new AbortController();
  /** What the server is told of the files, once they were read. */
  #described: readonly UploadFileInput[] | undefined;

  private constructor(look: TransferLook, files: ReadonlyMap<number, PickedFile>) {
    this.look = new Store(look);
    this.#files = files;
    this.#tally = new TransferTally(this.look);
    for (const [index, { name, size }] of files) this.#tally.expect(index, name, size);
  }

  /** A new upload of what was picked. */
  static begin(picked: readonly PickedFile[]): Transfer {
    const transfer = new Transfer(firstLook('checking'), new Map(picked.entries()));
    void transfer.#run();
    return transfer;
  }

  /** One that the server knows and this page does not: after a reload, or from another device. */
  static known(upload: UploadStateFragment): Transfer {
    return new Transfer({ ...firstLook(phaseOf(upload, 'needs-files')), upload }, new Map());
  }

  /** News of it from the server. */
  hear(upload: UploadStateFragment): void {
    this.look.update((look) => ({ ...look, upload, phase: phaseOf(upload, look.phase) }));
  }

  pause(): void {
    this.#running.abort();
    this.#set({ phase: 'paused' });
  }

  resume(): void {
    void this.#run();
  }

  /** Goes on with files picked again; gives the names of those that are still missing. */
  async resumeWith(picked: readonly PickedFile[]): Promise<readonly string[]> {
    const { upload } = this.look.value;
    if (!upload) return [];
    const wanted = await listFiles(upload.id, this.#running.signal);
    const { found, missing } = matchFiles(
      wanted.filter(({ received }) => !received),
      picked,
    );
    if (missing.length > 0) return missing.map(({ name }) => lastName(name));
    for (const { index, name, size, received } of wanted) {
      this.#tally.expect(index, name, size);
      if (received) this.#tally.settle(index, size);
    }
    this.#files = found;
    void this.#run();
    return [];
  }

  async abort(): Promise<void> {
    this.#running.abort();
    const { upload } = this.look.value;
    if (!upload) return this.#set({ phase: 'aborted' });
    try {
      const { abortUpload: payload } = await request(AbortUploadDocument, { input: { uploadId: upload.id } });
      throwFaults(payload.errors);
      this.#set({ phase: 'aborted', fault: undefined });
    } catch (error) {
      this.#set({ phase: 'paused', fault: messageOf(error) });
    }
  }

  async #run(): Promise<void> {
    this.#running.abort();
    const running = new AbortController();
    this.#running = running;
    const { signal } = running;
    this.#set({ fault: undefined });
    try {
      const upload = this.look.value.upload ?? (await this.#begin(signal));
      await this.#send(upload.id, signal);
      this.#set({ phase: 'finishing' });
      await this.#patiently(signal, () => this.#complete(upload.id, signal));
    } catch (error) {
      running.abort();
      if (!isAbort(error)) this.#set({ phase: 'failed', fault: messageOf(error) });
    }
  }

  /** Begins after those that were picked before it, also where all of them wait for the network. */
  async #begin(signal: AbortSignal): Promise<UploadStateFragment> {
    this.#set({ phase: 'checking' });
    this.#described ??= await this.#describe(signal);
    const files = [...this.#described];
    if (!navigator.onLine) this.#set({ phase: 'waiting' });
    return beginInTurn(signal, () => this.#patiently(signal, () => this.#create(files, signal)));
  }

  async #describe(signal: AbortSignal): Promise<readonly UploadFileInput[]> {
    const files = [];
    for (const file of this.#files.values()) {
      const partSha256 = await partChecksums(file, signal, (count) => this.#tally.check(count));
      files.push({ name: file.name, size: file.size, ...(partSha256 && { partSha256 }) });
    }
    return files;
  }

  async #create(files: UploadFileInput[], signal: AbortSignal): Promise<UploadStateFragment> {
    const { createUpload: payload } = await request(
      CreateUploadDocument,
      { input: { files, idempotencyKey: this.key } },
      signal,
    );
    throwFaults(payload.errors);
    if (!payload.upload) throw new Failure('UNKNOWN', words.notStarted);
    this.#set({ upload: payload.upload });
    return payload.upload;
  }

  async #send(uploadId: string, signal: AbortSignal): Promise<void> {
    this.#set({ phase: 'sending' });
    this.#tally.start();
    for (;;) {
      const parts = pendingParts(uploadId, signal, (file, bytes) => {
        this.#tally.settle(file.index, receivedBytes(file.size, [{ size: bytes }]));
      });
      // An async generator serves several that ask at once one after the other, so four lanes may share it.
      const lane = async () => {
        for (;;) {
          const next = await this.#patiently(signal, () => parts.next());
          if (next.done) return;
          await this.#sendOne(next.value, signal);
        }
      };
      await Promise.all(Array.from({ length: LANES }, lane));
      const { node } = await this.#patiently(signal, () => request(UploadByIdDocument, { id: uploadId }, signal));
      if (node?.__typename !== 'Upload') throw new Failure('NOT_FOUND', words.gone);
      this.hear(node);
      if (node.status !== 'OPEN' || node.pending.totalCount === 0) return;
    }
  }

  async #sendOne(pending: PendingPart, signal: AbortSignal): Promise<void> {
    const { fileIndex } = pending;
    const file = this.#files.get(fileIndex);
    if (!file) throw new Failure('INVALID', words.pickSameFiles);
    let { part, toldAt } = pending;
    let isRefused = false;
    let refusals = 0;
    for (let attempt = 1; ; attempt += 1) {
      if (isRefused || isOld(part, toldAt)) {
        const fresh = await this.#patiently(signal, () => renewPart(pending, signal));
        if (!fresh) return this.#tally.sent(fileIndex, part.number, part.size);
        [part, toldAt, isRefused] = [fresh, Date.now(), false];
      }
      try {
        await sendPart(part, file.blob, (bytes) => this.#tally.sending(fileIndex, part.number, bytes), signal);
        this.#tally.sent(fileIndex, part.number, part.size);
        if (this.look.value.phase === 'waiting') this.#set({ phase: 'sending' });
        return;
      } catch (error) {
        this.#tally.sending(fileIndex, part.number, 0);
        if (!(error instanceof PartFault)) throw error;
        if (error.isAddressOld && refusals < REFUSALS) {
          refusals += 1;
          isRefused = true;
        } else if (error.isPassing) {
          refusals = 0;
          await assertReadable(file);
          await this.#wait(attempt, error.retryAfter, signal);
        } else throw new Failure('INVALID', words.fileFault(lastName(file.name), error.message));
      }
    }
  }

  async #complete(uploadId: string, signal: AbortSignal): Promise<void> {
    const { completeUpload: payload } = await request(CompleteUploadDocument, { input: { uploadId } }, signal);
    throwFaults(payload.errors);
    if (payload.upload) this.hear(payload.upload);
    this.#files = new Map();
  }

  /** Does what may fail for a while only, until it passes. */
  async #patiently<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const { phase } = this.look.value;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const result = await work();
        if (attempt > 1) this.#set({ phase });
        return result;
      } catch (error) {
        if (!(error instanceof Failure) || !error.isPassing) throw error;
        await this.#wait(attempt, error.retryAfter, signal);
      }
    }
  }

  async #wait(attempt: number, retryAfter: number | undefined, signal: AbortSignal): Promise<void> {
    this.#set({ phase: 'waiting' });
    await pause(Math.max(retryAfter ?? 0, backoffSeconds(attempt)), signal);
  }

  #set(change: Partial<TransferLook>): void {
    this.look.update((look) => ({ ...look, ...change }));
  }
}

/** A file that was changed or removed since it was picked fails like a broken connection; waiting would not help. */
async function assertReadable({ name, blob }: PickedFile): Promise<void> {
  try {
    await blob.slice(0, 1).arrayBuffer();
  } catch {
    throw new Failure('INVALID', words.fileChanged(lastName(name)));
  }
}
