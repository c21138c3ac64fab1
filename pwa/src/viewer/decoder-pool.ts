import { viewerWords as words } from '../messages/viewer';
import { scriptUrl } from '../ui/trusted-scripts';
import decodeWorker from '../worker/decode.worker.ts?worker&url';
import type { DecodeAnswer, DecodedImage, DecodeRequest } from '../worker/messages';
import { clamp } from './placement';

interface Waiting {
  readonly resolve: (image: DecodedImage) => void;
  readonly reject: (error: Error) => void;
}
interface Member {
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
}

/** Decodes HTJ2K beside the page. The codec is fetched when the first worker starts, so only a viewer pays for it. */
export class DecoderPool {
  readonly #members: Member[] = [];
  readonly #size: number;
  #lastId = 0;

  constructor(size = clamp((navigator.hardwareConcurrency || 2) - 1, 1, 3)) {
    this.#size = size;
  }

  /** Starts the first worker early, while the first bytes are on their way. */
  warm(): void {
    if (this.#members.length === 0) this.#members.push(this.#start());
  }

  decode(codestream: ArrayBuffer): Promise<DecodedImage> {
    const member = this.#idlest();
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      member.waiting.set(id, { resolve, reject });
      member.worker.postMessage({ id, codestream } satisfies DecodeRequest, [codestream]);
    });
  }

  close(): void {
    for (const { worker, waiting } of this.#members.splice(0)) {
      worker.terminate();
      for (const { reject } of waiting.values()) reject(new DOMException('Aborted', 'AbortError'));
    }
  }

  #idlest(): Member {
    const idlest = [...this.#members].sort((one, other) => one.waiting.size - other.waiting.size)[0];
    if (idlest && (idlest.waiting.size === 0 || this.#members.length >= this.#size)) return idlest;
    const fresh = this.#start();
    this.#members.push(fresh);
    return fresh;
  }

  #start(): Member {
    const worker = new Worker(scriptUrl(decodeWorker), { type: 'module' });
    const waiting = new Map<number, Waiting>();
    worker.addEventListener('message', ({ data }: MessageEvent<DecodeAnswer>) => {
      const asked = waiting.get(data.id);
      waiting.delete(data.id);
      if ('image' in data) asked?.resolve(data.image);
      else asked?.reject(new Error(words.notDecoded));
    });
    worker.addEventListener('error', () => {
      for (const { reject } of waiting.values()) reject(new Error(words.noDecoder));
      waiting.clear();
      const at = this.#members.findIndex((member) => member.worker === worker);
      if (at >= 0) this.#members.splice(at, 1);
      worker.terminate();
    });
    return { worker, waiting };
  }
}
