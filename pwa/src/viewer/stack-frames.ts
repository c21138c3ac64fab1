import { isAbort } from '../graphql/failure';
import { keptFrame } from '../offline/kept-frames';
import { isAway } from '../offline/reception';
import { FrameAddresses, type Stack } from './frame-source';

type Kind = 'frames' | 'previews';

/** The server's frames; where it cannot be reached, those that this device keeps. */
export class StackFrames extends FrameAddresses {
  readonly #stack: Pick<Stack, 'id' | 'frames' | 'previews'>;

  constructor(stack: Pick<Stack, 'id' | 'frames' | 'previews'>) {
    super(stack);
    this.#stack = stack;
  }

  override async fetch(kind: Kind, index: number, signal: AbortSignal): Promise<Response> {
    const early = isAway.value ? await this.#kept(kind, index) : undefined;
    if (early) return early;
    try {
      return await super.fetch(kind, index, signal);
    } catch (error) {
      const late = isAbort(error) ? undefined : await this.#kept(kind, index);
      if (!late) throw error;
      return late;
    }
  }

  async #kept(kind: Kind, index: number): Promise<Response | undefined> {
    const bytes = await keptFrame(this.#stack.id, kind, index);
    const mediaType = this.#stack[kind]?.mediaType;
    return bytes && new Response(bytes, mediaType ? { headers: { 'content-type': mediaType } } : {});
  }
}
