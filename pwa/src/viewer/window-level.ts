import { viewerWords } from '../messages/viewer';

/** VOI windows: from a rescaled value (HU in CT) to a grey between 0 and 1. PS3.3 C.11.2.1.2.1, function LINEAR. */

export interface VoiWindow {
  readonly name: string;
  /** In the unit of the rescaled value. */
  readonly center: number;
  /** In the unit of the rescaled value, 1 or more. */
  readonly width: number;
}

/** The value that becomes black and the length of the ramp to white. */
export interface Ramp {
  readonly black: number;
  readonly span: number;
}

export function rampOf({ center, width }: Pick<VoiWindow, 'center' | 'width'>): Ramp {
  // The Standard's half and one: a window of width 1 is a threshold at its centre.
  const span = Math.max(width - 1, 1e-6);
  return { black: center - 0.5 - span / 2, span };
}

export function greyOf(value: number, ramp: Ramp, isInverted = false): number {
  const grey = Math.min(1, Math.max(0, (value - ramp.black) / ramp.span));
  return isInverted ? 1 - grey : grey;
}

/** A drag over the whole width of the image changes the width by this many times itself. */
const DRAG_SPAN = 2;
const MOST_WIDTH = 100_000;

/** The window after dragging by a part of the image's size: to the right wider, downwards darker (a higher centre). */
export function dragWindow(start: VoiWindow, dragX: number, dragY: number): VoiWindow {
  const width = Math.min(MOST_WIDTH, Math.max(1, start.width * Math.exp(dragX * DRAG_SPAN)));
  const center = start.center + dragY * Math.max(start.width, 50);
  return { name: viewerWords.windows.own, center: Math.round(center), width: Math.max(1, Math.round(width)) };
}

/** The whole range of values of one frame, where the stack names no window. */
export function windowOfRange(least: number, most: number): VoiWindow {
  return {
    name: viewerWords.windows.fullRange,
    center: (least + most) / 2 + 0.5,
    width: Math.max(1, most - least + 1),
  };
}
