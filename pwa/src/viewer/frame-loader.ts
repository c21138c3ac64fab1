import { backoffSeconds } from '../graphql/backoff';
import { isAbort } from '../graphql/failure';
import { BudgetCache } from './budget-cache';
import { DecoderPool } from './decoder-pool';
import { isStillWanted, nextWanted, outwards, type Quality, type Wanted } from './fetch-order';
import type { Stack } from './frame-source';
import { type LosslessPicture, type Picture, type PreviewPicture, pictureOf } from './picture';
import { StackFrames } from './stack-frames';

/** Bytes of decoded slices that may be held; a phone's browser reloads a page that holds much more. */
export const DEFAULT_BUDGET = 192 * 1024 * 1024;
/** A browser opens six connections to a host; one stays free for the API. */
const CONNECTIONS = 5;
const LOSSLESS_AT_ONCE = 3;
const MOST_AHEAD = 96;
const MOST_AHEAD_SAVING = 6;
const TRIES = 3;
/** Previews whose bitmaps are kept ready around the slice on the screen, and how many are made at once. */
const PAINTED_AHEAD = 40;
const PAINTED_AT_ONCE = 4;

interface Fault {
  readonly count: number;
  /** Not asked for again before this time, in milliseconds. */
  readonly until: number;
}

/** Fetches, decodes and keeps the slices of one stack, the one on the screen before all others. */
export class FrameLoader {
  readonly #stack: Stack;
  readonly #addresses: StackFrames;
  readonly #decoders = new DecoderPool();
  readonly #onChange: (index: number | undefined) => void;
  readonly #pictures: BudgetCache<Picture>;
  readonly #previews = new Map<number, Blob>();
  readonly #running = new Map<string, AbortController>();
  readonly #faults = new Map<string, Fault>();
  readonly #painting = new Set<number>();
  readonly #frameBytes: number;
  readonly #budget: number;
  #index = 0;
  #direction: 1 | -1 = 1;
  #isClosed = false;

  /** `onChange` tells which slice can be shown better than before; undefined for all that failed. */
  constructor(stack: Stack, onChange: (index: number | undefined) => void, budget = DEFAULT_BUDGET) {
    this.#stack = stack;
    this.#onChange = onChange;
    this.#budget = budget;
    this.#addresses = new StackFrames(stack);
    const samples = stack.photometricInterpretation.startsWith('MONOCHROME') ? 1 : 3;
    this.#frameBytes = stack.rows * stack.columns * samples * (stack.bitsStored > 8 ? 2 : 1);
    this.#pictures = new BudgetCache(budget, (picture) => {
      if (picture.kind === 'preview') picture.bitmap.close();
    });
    if (stack.frames) this.#decoders.warm();
    addEventListener('online', this.retry);
  }

  /** The reader is at this slice now. Fetches that became pointless are aborted. */
  look(index: number, direction: 1 | -1): void {
    this.#index = index;
    this.#direction = direction;
    for (const [key, controller] of this.#running) {
      const [quality, at] = key.split(':');
      if (quality === 'lossless' && !isStillWanted(Number(at), { index, direction })) controller.abort();
    }
    this.#pump();
  }

  lossless(index: number): LosslessPicture | undefined {
    const picture = this.#pictures.get(keyOf('lossless', index));
    return picture?.kind === 'lossless' ? picture : undefined;
  }

  /** The preview of a slice, if its bitmap is ready; otherwise it is made ready and `onChange` tells. */
  preview(index: number): PreviewPicture | undefined {
    const picture = this.#pictures.get(keyOf('preview', index));
    if (picture?.kind === 'preview') return picture;
    const blob = this.#previews.get(index);
    if (blob) void this.#paint(index, blob);
    return undefined;
  }

  /** How many slices can be shown at all, of how many. */
  get shownShare(): number {
    return this.#stack.previews ? this.#previews.size / this.#stack.frameCount : 1;
  }

  hasFailed(index: number): boolean {
    return (this.#faults.get(keyOf('lossless', index))?.count ?? 0) >= TRIES;
  }

  readonly retry = (): void => {
    this.#faults.clear();
    this.#pump();
    this.#onChange(undefined);
  };

  close(): void {
    this.#isClosed = true;
    removeEventListener('online', this.retry);
    for (const controller of this.#running.values()) controller.abort();
    this.#running.clear();
    this.#decoders.close();
    this.#pictures.clear();
    this.#previews.clear();
  }

  /** Makes bitmaps before they are looked at: made only then, fast scrolling would flicker. */
  #paintAhead(): void {
    for (const at of outwards(this.#index, this.#stack.frameCount, this.#direction, PAINTED_AHEAD)) {
      if (this.#painting.size >= PAINTED_AT_ONCE) return;
      const blob = this.#previews.get(at);
      const isShowable = this.#pictures.has(keyOf('lossless', at)) || this.#pictures.has(keyOf('preview', at));
      if (blob && !isShowable) void this.#paint(at, blob);
    }
  }

  #pump(): void {
    this.#paintAhead();
    while (!this.#isClosed && this.#running.size < CONNECTIONS) {
      const wanted = nextWanted(this.#view());
      if (!wanted) return;
      void this.#load(wanted);
    }
  }

  #view() {
    const isSaving = (navigator as { connection?: { saveData?: boolean } }).connection?.saveData === true;
    const room = Math.floor(this.#budget / this.#frameBytes) - 2;
    const lossless = [...this.#running.keys()].filter((key) => key.startsWith('lossless')).length;
    return {
      index: this.#index,
      direction: this.#direction,
      frameCount: this.#stack.frameCount,
      reach: Math.max(1, Math.min(room, isSaving ? MOST_AHEAD_SAVING : MOST_AHEAD)),
      hasPreviews: this.#stack.previews !== null,
      has: (quality: Quality, index: number) => this.#has(quality, index),
      // While all places for whole slices are taken, the others count as on their way.
      isFetching: (quality: Quality, index: number) =>
        this.#running.has(keyOf(quality, index)) || (quality === 'lossless' && lossless >= LOSSLESS_AT_ONCE),
    };
  }

  #has(quality: Quality, index: number): boolean {
    const fault = this.#faults.get(keyOf(quality, index));
    if (fault && (fault.count >= TRIES || fault.until > Date.now())) return true;
    return quality === 'preview' ? this.#previews.has(index) : this.#pictures.has(keyOf(quality, index));
  }

  async #load({ quality, index }: Wanted): Promise<void> {
    const key = keyOf(quality, index);
    const controller = new AbortController();
    this.#running.set(key, controller);
    try {
      const kind = quality === 'preview' ? 'previews' : 'frames';
      const answer = await this.#addresses.fetch(kind, index, controller.signal);
      if (quality === 'preview') this.#previews.set(index, await answer.blob());
      else await this.#keep(index, await answer.arrayBuffer(), controller.signal);
    } catch (error) {
      if (!isAbort(error)) this.#waitWith(key);
    } finally {
      this.#running.delete(key);
    }
    if (this.#isClosed) return;
    this.#onChange(index);
    this.#pump();
  }

  #waitWith(key: string): void {
    const count = (this.#faults.get(key)?.count ?? 0) + 1;
    const wait = backoffSeconds(count) * 1000;
    this.#faults.set(key, { count, until: Date.now() + wait });
    setTimeout(() => this.#pump(), wait + 10);
  }

  async #keep(index: number, codestream: ArrayBuffer, signal: AbortSignal): Promise<void> {
    const image = await this.#decoders.decode(codestream);
    if (signal.aborted && index !== this.#index) return;
    const key = keyOf('lossless', index);
    this.#pictures.put(key, pictureOf(`${this.#stack.id}:${key}`, image, this.#stack.signed), image.bytes.byteLength);
  }

  async #paint(index: number, blob: Blob): Promise<void> {
    if (this.#painting.has(index)) return;
    this.#painting.add(index);
    const bitmap = await createImageBitmap(blob).catch(() => undefined);
    this.#painting.delete(index);
    if (!bitmap) return;
    if (this.#isClosed) return bitmap.close();
    const key = keyOf('preview', index);
    const { columns: width, rows: height, id } = this.#stack;
    const picture = { kind: 'preview', key: `${id}:${key}`, width, height, bitmap } as const;
    this.#pictures.put(key, picture, bitmap.width * bitmap.height * 4);
    this.#onChange(index);
    this.#paintAhead();
  }
}

function keyOf(quality: Quality, index: number): string {
  return `${quality}:${index}`;
}
