import { fixedOf, millimetresOf, numberOf } from '../messages/formats';
import { quantityWords as words } from '../messages/quantities';
import { PIXELS, type Quantity } from './shapes';

/** In the order they are told; what is not named here comes after them, under its own name. */
const ORDER = ['Length', 'Value', 'Mean', 'Standard Deviation', 'Area'];
/** UCUM. */
const HOUNSFIELD = "[hnsf'U]";
const UNGROUPED = { minimumFractionDigits: 1, maximumFractionDigits: 1, useGrouping: false };
/** The ends of a region's values are mostly noise. */
const UNTOLD = new Set(['Minimum', 'Maximum']);

/** One line a quantity: ["Mean −724.1 HU", "SD 30.2 HU", "Area 85.3 mm²"]; a length needs no name. */
export function quantityLines(quantities: readonly Quantity[]): string[] {
  const rank = ({ name }: Quantity) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  const titles: Readonly<Record<string, string>> = words.titles;
  return quantities
    .filter(({ name }) => !UNTOLD.has(name))
    .sort((one, other) => rank(one) - rank(other))
    .map((quantity) => words.named(titles[quantity.name] ?? quantity.name, amount(quantity)).trim());
}

/** "12.3 mm"; a length in pixels is said to be none in mm. */
function amount({ value, unit }: Quantity): string {
  const number = fixedOf(value, 1);
  if (unit === PIXELS) return words.noSpacing(number);
  if (unit === '1') return words.noHounsfield(number);
  if (unit === 'mm') return millimetresOf(value);
  if (unit === 'mm2') return words.squareMillimetres(number);
  // Values of Hounsfield are never grouped: "−1024.0 HU" as a scanner writes it.
  if (unit === HOUNSFIELD) return words.hounsfield(numberOf(value, UNGROUPED));
  return `${number} ${unit}`;
}
