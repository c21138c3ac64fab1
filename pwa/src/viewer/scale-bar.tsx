import { numberOf } from '../messages/formats';
import { viewerWords } from '../messages/viewer';
import type { Stack } from './frame-source';

/** CSS pixels that the bar may be long at most. */
const MOST_LENGTH = 110;

export interface Scale {
  /** CSS pixels. */
  readonly length: number;
  readonly words: string;
}

/**
 * The longest round length that fits. `scale`: CSS pixels a column of the image. Without a spacing it counts pixels and
 * says so: a number that looks like mm would be believed.
 */
export function scaleOf(scale: number, columnSpacing: number | null | undefined): Scale {
  const perUnit = columnSpacing ? scale / columnSpacing : scale;
  const most = MOST_LENGTH / perUnit;
  const power = 10 ** Math.floor(Math.log10(most));
  const round = ([5, 2, 1].find((digit) => digit * power <= most) ?? 1) * power;
  const digits = { maximumSignificantDigits: 1, useGrouping: false };
  const words = columnSpacing
    ? numberOf(round, { ...digits, style: 'unit', unit: 'millimeter' })
    : viewerWords.pixels(numberOf(round, digits));
  return { length: round * perUnit, words };
}

interface ScaleBarProps {
  readonly stack: Pick<Stack, 'columnSpacing'>;
  readonly scale: number;
}

export function ScaleBar({ stack, scale }: ScaleBarProps) {
  const { length, words } = scaleOf(scale, stack.columnSpacing);
  return (
    <span class="scale-bar" data-testid="scale">
      <i style={{ width: `${length}px` }} />
      {words}
    </span>
  );
}
