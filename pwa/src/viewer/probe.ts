import { numberOf } from '../messages/formats';
import { quantityWords } from '../messages/quantities';
import { viewerWords } from '../messages/viewer';
import type { Stack } from './frame-source';
import { type LosslessPicture, storedValueAt } from './picture';
import { type Placement, type Point, toImage } from './placement';
import { rescaleOf } from './shading';

/** What lies under a place of the screen. */
export interface Reading {
  /** Pixel position in fractions of pixels. */
  readonly at: Point;
  /** Rescaled, not rounded; undefined where there is padding and so no value. */
  readonly value: number | undefined;
}

/** Undefined outside the image, in colour, and as long as only a preview is there: its greys are no values. */
export function readingAt(
  stack: Pick<Stack, 'frameTable' | 'paddingValue'>,
  index: number,
  picture: LosslessPicture | undefined,
  placement: Placement,
  pointer: Point | undefined,
): Reading | undefined {
  if (!pointer || !picture) return undefined;
  const at = toImage(placement, pointer);
  const stored = storedValueAt(picture, at.x, at.y);
  if (stored === undefined) return undefined;
  const { slope, intercept } = rescaleOf(stack, index);
  return { at, value: stored === stack.paddingValue ? undefined : stored * slope + intercept };
}

/** "−724 HU"; values of another unit, or of none, are said to be no HU. */
export function readingWords({ value }: Pick<Reading, 'value'>, unit: string | null | undefined): string {
  if (value === undefined) return viewerWords.noValue;
  // A slope may leave a tail of binary digits that nobody stored.
  const rounded = Math.round(value * 1000) / 1000;
  const number = numberOf(rounded === 0 ? 0 : rounded, { maximumFractionDigits: 3, useGrouping: false });
  if (unit === 'HU') return quantityWords.hounsfield(number);
  return quantityWords.noHounsfield([number, unit].filter(Boolean).join(' '));
}
