import { isAbort } from '../graphql/failure';
import { OverlayAddressesDocument } from '../graphql/generated/graphql';
import { request } from '../graphql/session';
import { viewerWords as words } from '../messages/viewer';
import { BudgetCache } from './budget-cache';
import { colourIn } from './colour-map';
import { SignedFrames } from './frame-source';

/** What an analysis drew over a stack, as the case tells of it; its addresses are asked for when it is switched on. */
export interface Overlay {
  readonly analysisId: string;
  readonly kind: 'ATTENTION' | 'SEGMENTATION';
  readonly title: string;
  readonly stackId: string;
}

/** A coloured frame; 'blank' where the analysis drew nothing, which is so on most. */
export type OverlayFrame = ImageData | 'blank' | 'failed';

const BUDGET = 24 * 1024 * 1024;
const NEIGHBOURS = 2;
const AT_ONCE = 2;

/** Fetches the overlay's frames around the slice on the screen and keeps the newest. */
export class OverlayFrames {
  readonly #addresses: SignedFrames<'frames'>;
  readonly #frameCount: number;
  readonly #onChange: (index: number) => void;
  readonly #decode: (answer: Response) => Promise<ImageData | 'blank'>;
  readonly #kept = new BudgetCache<ImageData | 'blank'>(BUDGET);
  readonly #failed = new Set<number>();
  readonly #running = new Map<number, AbortController>();
  readonly #life = new AbortController();
  #index: number | undefined;

  constructor(overlay: Overlay, frameCount: number, onChange: (index: number) => void, decode = colouredFrame) {
    this.#addresses = new SignedFrames(() => askFor(overlay, this.#life.signal));
    this.#frameCount = frameCount;
    this.#onChange = onChange;
    this.#decode = decode;
  }

  /** The reader is at this slice now; undefined when the overlay is off. Fetches of slices far away are aborted. */
  look(index: number | undefined): void {
    if (index !== this.#index) this.#failed.clear();
    this.#index = index;
    const wanted = this.#wanted();
    for (const [at, controller] of this.#running) if (!wanted.includes(at)) controller.abort();
    this.#pump();
  }

  get(index: number): OverlayFrame | undefined {
    return this.#failed.has(index) ? 'failed' : this.#kept.get(String(index));
  }

  retry(): void {
    this.#failed.clear();
    this.#pump();
  }

  close(): void {
    this.#life.abort();
    this.look(undefined);
    this.#kept.clear();
  }

  /** The slice on the screen first, then its neighbours outwards. */
  #wanted(): number[] {
    const here = this.#index;
    if (here === undefined) return [];
    const around = Array.from({ length: NEIGHBOURS }, (_, step) => [here + step + 1, here - step - 1]).flat();
    return [here, ...around].filter((at) => at >= 0 && at < this.#frameCount);
  }

  #pump(): void {
    for (const at of this.#wanted()) {
      if (this.#running.size >= AT_ONCE) return;
      if (!this.#running.has(at) && this.get(at) === undefined) void this.#load(at);
    }
  }

  async #load(index: number): Promise<void> {
    const controller = new AbortController();
    this.#running.set(index, controller);
    try {
      const frame = await this.#decode(await this.#addresses.fetch('frames', index, controller.signal));
      this.#kept.put(String(index), frame, frame === 'blank' ? 1 : frame.data.byteLength);
    } catch (error) {
      if (!isAbort(error) && !controller.signal.aborted) this.#failed.add(index);
    } finally {
      this.#running.delete(index);
    }
    if (this.#index === undefined) return;
    this.#onChange(index);
    this.#pump();
  }
}

async function askFor({ analysisId, kind, stackId }: Overlay, signal: AbortSignal) {
  const { node } = await request(OverlayAddressesDocument, { analysisId }, signal);
  const overlays = node?.__typename === 'Analysis' ? node.overlays : [];
  const found = overlays.find((each) => each.kind === kind && each.stack.id === stackId);
  if (!found?.frames) throw new Error(words.overlay.gone);
  return { frames: found.frames };
}

async function colouredFrame(answer: Response): Promise<ImageData | 'blank'> {
  const bitmap = await createImageBitmap(await answer.blob(), { colorSpaceConversion: 'none' });
  const canvas = document.createElement('canvas');
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context?.drawImage(bitmap, 0, 0);
  bitmap.close();
  const image = context?.getImageData(0, 0, canvas.width, canvas.height);
  if (!image) throw new Error(words.overlay.notDrawn);
  return colourIn(image.data) ? image : 'blank';
}
