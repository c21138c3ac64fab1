import { StackAddressesDocument, type StackDetailQuery } from '../graphql/generated/graphql';
import { request } from '../graphql/session';
import { isOld } from '../graphql/signed-address';

export type Stack = Extract<NonNullable<StackDetailQuery['node']>, { __typename: 'Stack' }>;
export type Source = NonNullable<Stack['frames']>;
export type Sources = Pick<Stack, 'frames' | 'previews'>;

/** The address of one frame: RFC 6570, of which only {index} is used. Relative ones start at this origin. */
export function addressOf(
  { urlTemplate }: Pick<Source, 'urlTemplate'>,
  index: number,
  origin = location.origin,
): string {
  return new URL(urlTemplate.replaceAll('{index}', String(index)), origin).href;
}

/** Hands out the addresses of a stack's frames and, before they end, asks for new ones: once for all who wait. */
export class FrameAddresses {
  readonly #stackId: string;
  #sources: Sources;
  #toldAt = Date.now();
  #asking: Promise<void> | undefined;

  constructor(stack: Pick<Stack, 'id' | 'frames' | 'previews'>) {
    this.#stackId = stack.id;
    this.#sources = { frames: stack.frames, previews: stack.previews };
  }

  async fetch(kind: 'frames' | 'previews', index: number, signal: AbortSignal): Promise<Response> {
    const known = this.#sources[kind];
    if (known && isOld(known, this.#toldAt)) await this.#renew();
    const used = this.#sources[kind];
    const answer = await get(used, index, signal);
    if (answer.ok) return answer;
    const mayBeOld = answer.status === 401 || answer.status === 403 || answer.status === 410;
    if (!mayBeOld) throw new Error(`This slice could not be fetched (${answer.status}).`);
    // Others that were refused with this one may have had it renewed already.
    if (used === this.#sources[kind]) await this.#renew();
    const again = await get(this.#sources[kind], index, signal);
    if (!again.ok) throw new Error(`This slice could not be fetched (${again.status}).`);
    return again;
  }

  #renew(): Promise<void> {
    this.#asking ??= request(StackAddressesDocument, { id: this.#stackId })
      .then(({ node }) => {
        if (node?.__typename !== 'Stack') throw new Error('These images are no longer there.');
        this.#sources = { frames: node.frames ?? null, previews: node.previews ?? null };
        this.#toldAt = Date.now();
      })
      .finally(() => {
        this.#asking = undefined;
      });
    return this.#asking;
  }
}

function get(source: Source | null | undefined, index: number, signal: AbortSignal): Promise<Response> {
  if (!source) return Promise.reject(new Error('There are no pictures of this slice.'));
  // The address is the credential: no cookie goes along, also not to another origin.
  return fetch(addressOf(source, index), { signal, credentials: 'omit' });
}
