import type { Stack } from './frame-source';
import type { LosslessPicture } from './picture';
import { rescaleOf } from './shading';
import { type Ellipse, ellipseOf, lengthOf, spacingOf } from './shape-geometry';
import { PIXELS, type Quantity, type Shape } from './shapes';

const UNITS: Record<string, string> = { HU: "[hnsf'U]", MGML: 'mg/ml', PCT: '%' };

export type MeasuredStack = Pick<Stack, 'frameTable' | 'paddingValue' | 'rowSpacing' | 'columnSpacing' | 'unit'>;

export interface Statistics {
  readonly mean: number;
  /** Of these pixels, not an estimate for others: divided by their number. */
  readonly deviation: number;
  readonly count: number;
}

/**
 * What a shape measures, named and in units as the server names them. Values of pixels only where the whole slice is
 * there: a preview's greys are none.
 */
export function quantitiesOf(
  { kind, points, frameIndex }: Pick<Shape, 'kind' | 'points' | 'frameIndex'>,
  stack: MeasuredStack,
  picture: LosslessPicture | undefined,
): Quantity[] {
  const spacing = spacingOf(stack);
  const [one, other] = points;
  if (kind === 'LENGTH' && one && other)
    return [{ name: 'Length', value: lengthOf(one, other, spacing), unit: spacing.isKnown ? 'mm' : PIXELS }];
  const ellipse = kind === 'ELLIPSE' ? ellipseOf(points) : undefined;
  if (!ellipse) return [];
  const area = Math.PI * ellipse.radius.x * ellipse.radius.y * spacing.row * spacing.column;
  const size = { name: 'Area', value: area, unit: spacing.isKnown ? 'mm2' : PIXELS };
  const found = picture && statisticsOf(picture, ellipse, rescaleOf(stack, frameIndex), stack.paddingValue);
  if (!found) return [size];
  const unit = unitOf(stack.unit);
  return [
    size,
    { name: 'Mean', value: found.mean, unit },
    { name: 'Standard Deviation', value: found.deviation, unit },
  ];
}

/** UCUM of what a stack names its values, DICOM (0028,1054); any other says nothing that could be trusted. */
function unitOf(rescaleType: string | null): string {
  return UNITS[rescaleType ?? ''] ?? '1';
}

/** Over the pixels whose middles lie in an ellipse, without padding; undefined where there are none, and in colour. */
export function statisticsOf(
  { width, height, samples, pixels }: LosslessPicture,
  { middle, radius }: Ellipse,
  { slope, intercept }: { readonly slope: number; readonly intercept: number },
  padding: number | null,
): Statistics | undefined {
  if (samples !== 1) return undefined;
  const values: number[] = [];
  const [top, bottom] = [Math.max(0, Math.floor(middle.y - radius.y)), Math.min(height, middle.y + radius.y)];
  const [left, right] = [Math.max(0, Math.floor(middle.x - radius.x)), Math.min(width, middle.x + radius.x)];
  for (let row = top; row < bottom; row++) {
    const down = (row + 0.5 - middle.y) / radius.y;
    for (let column = left; column < right; column++) {
      const across = (column + 0.5 - middle.x) / radius.x;
      if (across * across + down * down > 1) continue;
      const stored = pixels[row * width + column];
      if (stored !== undefined && stored !== padding) values.push(stored);
    }
  }
  if (values.length === 0) return undefined;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean: mean * slope + intercept, deviation: Math.sqrt(square) * Math.abs(slope), count: values.length };
}
