import { measuringWords as words } from '../messages/measuring';
import { quantityWords } from '../messages/quantities';
import { type MeasuredStack, quantitiesOf } from './measurement';
import type { LosslessPicture } from './picture';
import { quantityLines } from './quantity-words';
import type { Shape } from './shapes';

/** What the device reads where the whole slice is there, else what was saved. */
export function valuesOf(shape: Shape, stack: MeasuredStack, picture: LosslessPicture | undefined): string[] {
  const { kind, quantities } = shape;
  if (kind !== 'LENGTH' && kind !== 'ELLIPSE') return [quantityWords.kinds[kind], ...quantityLines(quantities)];
  if (kind === 'LENGTH' || picture || quantities.length === 0) {
    const own = quantityLines(quantitiesOf(shape, stack, picture));
    return kind === 'LENGTH' || picture ? own : [words.valuesCome, ...own];
  }
  return quantityLines(quantities);
}

/** Beside the shape: all of the chosen one; of the others one line, so that they do not hide the picture. */
export function labelOf({ isOwn, author, fault }: Shape, values: readonly string[], isSelected: boolean): string[] {
  const lines = isSelected ? values : values.slice(0, 1);
  return [...lines, isOwn ? '' : author, fault ? words.notSaved : ''].filter(Boolean);
}
