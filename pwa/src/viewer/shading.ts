import type { Stack } from './frame-source';
import { type LosslessPicture, type Picture, rangeOf, type Shading } from './picture';
import { rampOf, type VoiWindow, windowOfRange } from './window-level';

export type ShadedStack = Pick<Stack, 'photometricInterpretation' | 'paddingValue' | 'frameTable'>;

export interface Rescale {
  readonly slope: number;
  readonly intercept: number;
}

/** From stored to rescaled values (HU in CT) on one frame; each may have its own. */
export function rescaleOf({ frameTable }: Pick<Stack, 'frameTable'>, index: number): Rescale {
  const frame = frameTable[index];
  return { slope: frame?.rescaleSlope ?? 1, intercept: frame?.rescaleIntercept ?? 0 };
}

/** Colours are shown as they are: no window changes them, and inverting would make them others. */
export function isColour({ photometricInterpretation }: Pick<Stack, 'photometricInterpretation'>): boolean {
  return !photometricInterpretation.startsWith('MONOCHROME');
}

/** How a picture is drawn. A preview was drawn through its own window already: only the reader's inverting is left. */
export function shadingOf(
  stack: ShadedStack,
  index: number,
  picture: Picture | undefined,
  window: VoiWindow | undefined,
  isInverted: boolean,
): Shading {
  const isTurnedRound = picture?.kind !== 'preview' && stack.photometricInterpretation === 'MONOCHROME1';
  return {
    ...rescaleOf(stack, index),
    ...rampOf(window ?? { center: 128, width: 256 }),
    isInverted: !isColour(stack) && isTurnedRound !== isInverted,
    padding: stack.paddingValue ?? undefined,
  };
}

/** The window over all values of a picture, for stacks that name none. */
export function rangeWindow(picture: LosslessPicture, { slope, intercept }: Rescale): VoiWindow {
  const { least, most } = rangeOf(picture);
  const ends = [least * slope + intercept, most * slope + intercept];
  return windowOfRange(Math.min(...ends), Math.max(...ends));
}
