import { StackAddressesDocument, type StackDetailQuery } from '../graphql/generated/graphql';
import { request } from '../graphql/session';

export type Stack = Extract<NonNullable<StackDetailQuery['node']>, { __typename: 'Stack' }>;
export type Source = NonNullable<Stack['frames']>;
export type Sources = Pick<Stack, 'frames' | 'previews'>;

/** Seconds before its end at which an address is taken for too old. */
const MARGIN_SECONDS = 20;

/** The address of one frame: RFC 6570, of which only {index} is used. Relative ones start at this origin. */
export function addressOf(
  { urlTemplate }: Pick<Source, 'urlTemplate'>,
  index: number,
  origin = location.origin,
): string {
  return new URL(urlTemplate.replaceAll('{index}', String(index)), origin).href;
}

/** Hands out the addresses of a stack's frames and asks for new ones when they end. */
export class FrameAddresses {
  readonly #stackId: string;
  #sources: Sources;
  #asking: Promise<void> | undefined;

  constructor(stack: Stack) {
    this.#stackId = stack.id;
    this.#sources = { frames: stack.frames, previews: stack.previews };
  }

  async fetch(kind: 'frames' | 'previews', index: number, signal: AbortSignal): Promise<Response> {
    if (this.#isOld(kind)) await this.#renew();
    const answer = await this.#get(kind, index, signal);
    if (answer.ok) return answer;
    const mayBeOld = answer.status === 401 || answer.status === 403 || answer.status === 410;
    if (!mayBeOld) throw new Error(`This slice could not be fetched (${answer.status}).`);
    await this.#renew();
    const again = await this.#get(kind, index, signal);
    if (!again.ok) throw new Error(`This slice could not be fetched (${again.status}).`);
    return again;
  }

  #get(kind: 'frames' | 'previews', index: number, signal: AbortSignal): Promise<Response> {
    const source = this.#sources[kind];
    if (!source) return Promise.reject(new Error('There are no pictures of this slice.'));
    // The signature in the address is the credential: no cookie goes along, also not to another origin.
    return fetch(addressOf(source, index), { signal, credentials: 'omit' });
  }

  #isOld(kind: 'frames' | 'previews'): boolean {
    const source = this.#sources[kind];
    return source !== null && source !== undefined && Date.parse(source.expiresAt) - Date.now() < MARGIN_SECONDS * 1000;
  }

  #renew(): Promise<void> {
    this.#asking ??= request(StackAddressesDocument, { id: this.#stackId })
      .then(({ node }) => {
        if (node?.__typename === 'Stack')
          this.#sources = { frames: node.frames ?? null, previews: node.previews ?? null };
      })
      .finally(() => {
        this.#asking = undefined;
      });
    return this.#asking;
  }
}
