/** Which slice to fetch next, and in which quality. Pure: the loader asks, fetches and asks again. */

export type Quality = 'preview' | 'lossless';
export interface Wanted {
  readonly quality: Quality;
  readonly index: number;
}

export interface FetchView {
  readonly index: number;
  readonly frameCount: number;
  /** The way the reader scrolls: 1 towards higher indexes, -1 towards lower ones. */
  readonly direction: 1 | -1;
  /** How many lossless slices fit in memory besides the one on the screen. */
  readonly reach: number;
  readonly hasPreviews: boolean;
  has(quality: Quality, index: number): boolean;
  isFetching(quality: Quality, index: number): boolean;
}

/** Of each further slice behind the reader, three ahead are fetched. */
const AHEAD = 3;

/**
 * Indexes from `index` outwards in the direction of travel: itself, three ahead, one behind, three ahead …, each once,
 * at most `limit` of them.
 */
export function* outwards(index: number, frameCount: number, direction: 1 | -1, limit = frameCount): Generator<number> {
  let ahead = index + direction;
  let behind = index - direction;
  const isInside = (at: number) => at >= 0 && at < frameCount;
  let left = limit;
  if (isInside(index) && left-- > 0) yield index;
  while (left > 0 && (isInside(ahead) || isInside(behind))) {
    for (let step = 0; step < AHEAD && left > 0 && isInside(ahead); step += 1, ahead += direction, left -= 1)
      yield ahead;
    if (left > 0 && isInside(behind)) {
      yield behind;
      behind -= direction;
      left -= 1;
    }
  }
}

/**
 * First something to show for this slice, then this slice as it is, then the strip of previews, then the neighbours.
 * Undefined when all that is wanted is here or on its way.
 */
export function nextWanted(view: FetchView): Wanted | undefined {
  const { index, frameCount, direction, hasPreviews } = view;
  const isMissing = (quality: Quality, at: number) => !view.has(quality, at) && !view.isFetching(quality, at);
  if (hasPreviews && !view.has('lossless', index) && isMissing('preview', index)) return { quality: 'preview', index };
  if (isMissing('lossless', index)) return { quality: 'lossless', index };
  if (hasPreviews) {
    for (const at of outwards(index, frameCount, direction)) {
      if (isMissing('preview', at)) return { quality: 'preview', index: at };
    }
  }
  for (const at of outwards(index, frameCount, direction, view.reach)) {
    if (isMissing('lossless', at)) return { quality: 'lossless', index: at };
  }
  return undefined;
}

/** Whether a lossless slice that is on its way is still worth its bytes after the reader moved to `index`. */
export function isStillWanted(at: number, view: Pick<FetchView, 'index' | 'direction'>): boolean {
  const ahead = (at - view.index) * view.direction;
  return ahead >= -2 && ahead <= 6;
}
