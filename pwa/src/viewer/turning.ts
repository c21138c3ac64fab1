import { viewerWords } from '../messages/viewer';
import type { Point } from './placement';

/**
 * One of the eight ways a picture can lie: turned by quarters and mirrored. As a matrix of -1, 0 and 1 from the image's
 * axes (right along a row, down along a column) to the screen's: x = xx·u + xy·v, y = yx·u + yy·v.
 */
export interface Turning {
  readonly xx: number;
  readonly xy: number;
  readonly yx: number;
  readonly yy: number;
}

export type Turn = 'rotate' | 'flip-across' | 'flip-down';

export const UPRIGHT: Turning = { xx: 1, xy: 0, yx: 0, yy: 1 };

/** What each turn does to the screen's axes, whatever was done before: a quarter clockwise, left to right, upside down. */
const TURNS: Record<Turn, Turning> = {
  rotate: { xx: 0, xy: -1, yx: 1, yy: 0 },
  'flip-across': { xx: -1, xy: 0, yx: 0, yy: 1 },
  'flip-down': { xx: 1, xy: 0, yx: 0, yy: -1 },
};

/** The turning after one more turn, as the eye sees it. */
export function turned(from: Turning, turn: Turn): Turning {
  const by = TURNS[turn];
  // Adding 0 makes -0 to 0: two turnings that are the same shall also look the same in a comparison.
  return {
    xx: by.xx * from.xx + by.xy * from.yx + 0,
    xy: by.xx * from.xy + by.xy * from.yy + 0,
    yx: by.yx * from.xx + by.yy * from.yx + 0,
    yy: by.yx * from.xy + by.yy * from.yy + 0,
  };
}

export function isUpright({ xx, yy }: Turning): boolean {
  return xx === 1 && yy === 1;
}

/** A quarter turn: what was wide is tall. */
export function isSideways({ xx }: Turning): boolean {
  return xx === 0;
}

/** From the image's axes to the screen's. */
export function toScreenAxes({ xx, xy, yx, yy }: Turning, { x, y }: Point): Point {
  return { x: xx * x + xy * y, y: yx * x + yy * y };
}

/** Back from the screen's axes to the image's. */
export function toImageAxes({ xx, xy, yx, yy }: Turning, { x, y }: Point): Point {
  return { x: xx * x + yx * y, y: xy * x + yy * y };
}

/** For those who do not see it, e.g. "Picture mirrored and turned 90°". */
export function turningWords(turning: Turning): string {
  const { said } = viewerWords;
  const { xx, xy, yx, yy } = turning;
  const isMirrored = xx * yy - xy * yx < 0;
  // A mirrored one is told as mirrored left to right first and turned then.
  const degrees =
    (Math.round(Math.atan2(isMirrored ? -yx : yx, isMirrored ? -xx : xx) / (Math.PI / 2)) * 90 + 360) % 360;
  if (degrees === 0) return isMirrored ? said.mirrored : said.asScanned;
  return isMirrored ? said.mirroredAndTurned(degrees) : said.turned(degrees);
}
