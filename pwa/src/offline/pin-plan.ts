/** What keeping a case takes: which frames, how many bytes, and whether there is room. Pure. */
import { type FrameKind, frameName } from './kept-names';

/** Cases that one device may keep, and bytes for all of them together. */
export const MOST_CASES = 10;
export const MOST_BYTES = 1_000_000_000;

/** Measured on chest CT: a lossless HTJ2K slice takes about a third of its raw bytes, a preview 7 kB. */
const LOSSLESS_SHARE = 0.36;
const PREVIEW_BYTES = 8_000;

export interface PlannedStack {
  readonly id: string;
  readonly frameCount: number;
  readonly rows: number;
  readonly columns: number;
  readonly bitsStored: number;
  readonly photometricInterpretation: string;
  readonly frames?: object | null;
  readonly previews?: object | null;
}

export interface WantedFrame {
  readonly stackId: string;
  readonly kind: FrameKind;
  readonly index: number;
  readonly name: string;
}

/** All frames of the stacks: previews first, so that a case that is broken off shows something soon when it goes on. */
export function framesOf(caseId: string, stacks: readonly PlannedStack[]): WantedFrame[] {
  const of = (kind: FrameKind) =>
    stacks
      .filter((stack) => stack[kind])
      .flatMap(({ id, frameCount }) =>
        Array.from({ length: frameCount }, (_, index) => {
          return { stackId: id, kind, index, name: frameName(caseId, id, kind, index) };
        }),
      );
  return [...of('previews'), ...of('frames')];
}

/** Those that do not lie on the device yet. */
export function missingOf(frames: readonly WantedFrame[], kept: ReadonlySet<string>): WantedFrame[] {
  return frames.filter(({ name }) => !kept.has(name));
}

/** Bytes that the stacks will take, before any of them is here. */
export function expectedBytes(stacks: readonly PlannedStack[]): number {
  const each = (stack: PlannedStack) => {
    const samples = stack.photometricInterpretation.startsWith('MONOCHROME') ? 1 : 3;
    const raw = stack.rows * stack.columns * samples * (stack.bitsStored > 8 ? 2 : 1);
    const bytes = (stack.frames ? raw * LOSSLESS_SHARE : 0) + (stack.previews ? PREVIEW_BYTES : 0);
    return stack.frameCount * bytes;
  };
  return Math.round(stacks.reduce((sum, stack) => sum + each(stack), 0));
}

/** The whole, from what of it is here: the slices that come are as large as those that came. */
export function likelyTotal(bytes: number, slices: number, total: number, expected: number): number {
  if (slices === 0) return Math.max(bytes, expected);
  return Math.round((bytes / slices) * total);
}

export type Hindrance = 'cases' | 'bytes' | 'room';

interface Room {
  /** Of the other cases that are kept. */
  readonly cases: number;
  readonly bytes: number;
  /** Still to come for this one. */
  readonly wanted: number;
  /** Bytes that the browser says are left; undefined where it does not say. */
  readonly left: number | undefined;
}

/** Why one more case cannot be kept; undefined where it can. */
export function hindranceOf({ cases, bytes, wanted, left }: Room): Hindrance | undefined {
  if (cases >= MOST_CASES) return 'cases';
  if (bytes + wanted > MOST_BYTES) return 'bytes';
  return left !== undefined && wanted > left ? 'room' : undefined;
}
