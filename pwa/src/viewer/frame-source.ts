import { StackAddressesDocument, type StackDetailQuery } from '../graphql/generated/graphql';
import { request } from '../graphql/session';
import { isOld } from '../graphql/signed-address';
import { viewerWords as words } from '../messages/viewer';

export type Stack = Extract<NonNullable<StackDetailQuery['node']>, { __typename: 'Stack' }>;
export type Source = NonNullable<Stack['frames']>;

/** The address of one frame: RFC 6570, of which only {index} is used. Relative ones start at this origin. */
export function addressOf(
  { urlTemplate }: Pick<Source, 'urlTemplate'>,
  index: number,
  origin = location.origin,
): string {
  return new URL(urlTemplate.replaceAll('{index}', String(index)), origin).href;
}

type Known<Kind extends string> = Readonly<Record<Kind, Source | null>>;

/** Hands out signed addresses and, before they end, asks for new ones: once for all who wait. */
export class SignedFrames<Kind extends string> {
  readonly #ask: () => Promise<Known<Kind>>;
  #known: Known<Kind> | undefined;
  #toldAt = Date.now();
  #asking: Promise<void> | undefined;

  /** `known`: addresses that came with something else just now; without them they are asked for when first needed. */
  constructor(ask: () => Promise<Known<Kind>>, known?: Known<Kind>) {
    this.#ask = ask;
    this.#known = known;
  }

  async fetch(kind: Kind, index: number, signal: AbortSignal): Promise<Response> {
    const known = this.#known?.[kind];
    if (!this.#known || (known && isOld(known, this.#toldAt))) await this.#renew();
    const used = this.#known?.[kind];
    const answer = await get(used, index, signal);
    if (answer.ok) return answer;
    const mayBeOld = answer.status === 401 || answer.status === 403 || answer.status === 410;
    if (!mayBeOld) throw new Error(words.notFetched(answer.status));
    // Others that were refused with this one may have had it renewed already.
    if (used === this.#known?.[kind]) await this.#renew();
    const again = await get(this.#known?.[kind], index, signal);
    if (!again.ok) throw new Error(words.notFetched(again.status));
    return again;
  }

  #renew(): Promise<void> {
    this.#asking ??= this.#ask()
      .then((fresh) => {
        this.#known = fresh;
        this.#toldAt = Date.now();
      })
      .finally(() => {
        this.#asking = undefined;
      });
    return this.#asking;
  }
}

/** The frames and previews of a stack. */
export class FrameAddresses extends SignedFrames<'frames' | 'previews'> {
  constructor({ id, frames, previews }: Pick<Stack, 'id' | 'frames' | 'previews'>) {
    const ask = async () => {
      const { node } = await request(StackAddressesDocument, { id });
      if (node?.__typename !== 'Stack') throw new Error(words.gone);
      return { frames: node.frames ?? null, previews: node.previews ?? null };
    };
    super(ask, { frames, previews });
  }
}

function get(source: Source | null | undefined, index: number, signal: AbortSignal): Promise<Response> {
  if (!source) return Promise.reject(new Error(words.noSource));
  // The address is the credential: no cookie goes along, also not to another origin.
  return fetch(addressOf(source, index), { signal, credentials: 'omit' });
}
