import type { Placement, Size } from './placement';
import type { Reading } from './probe';
import { UPRIGHT } from './turning';
import type { VoiWindow } from './window-level';

export type Shown = 'nothing' | 'preview' | 'lossless' | 'failed';

/** What one stack looks like now. */
export interface Look {
  readonly index: number;
  readonly window: VoiWindow | undefined;
  readonly placement: Placement;
  readonly screen: Size;
  readonly shown: Shown;
  /** Part of the slices that can be shown at once, 0 to 1. */
  readonly ready: number;
  readonly isAdjusting: boolean;
  readonly isInverted: boolean;
  /** What was done last, for those who do not see it. */
  readonly said: string;
  /** Under the pointer. */
  readonly reading: Reading | undefined;
}

/** As a stack opens, before anything of it is there. */
export function firstLook(index: number, window: VoiWindow | undefined): Look {
  return {
    index,
    window,
    placement: { left: 0, top: 0, scale: 1, aspect: 1, turning: UPRIGHT },
    screen: { width: 0, height: 0 },
    shown: 'nothing',
    ready: 0,
    isAdjusting: false,
    isInverted: false,
    said: '',
    reading: undefined,
  };
}
