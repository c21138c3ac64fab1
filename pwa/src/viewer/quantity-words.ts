import type { Quantity } from './shapes';

/** UCUM as it is written for people. */
const UNITS: Record<string, string> = {
  mm: 'mm',
  mm2: 'mm²',
  "[hnsf'U]": 'HU',
};
const PIXEL = '{pixel}';
const NO_SPACING = 'px, no spacing known';

/** One line a quantity, but the mean with its deviation: ["Mean −724.1 HU, SD 30.2 HU", "Area 85.3 mm²"]. */
export function quantityLines(quantities: readonly Quantity[]): string[] {
  const by = new Map(quantities.map((quantity) => [quantity.name, quantity]));
  const mean = by.get('mean');
  const deviation = by.get('standard deviation');
  const told = new Set(['mean', 'standard deviation']);
  const values = [mean && `Mean ${amount(mean)}`, deviation && `SD ${amount(deviation)}`].filter(Boolean).join(', ');
  const others = quantities
    .filter(({ name }) => !told.has(name))
    .map((quantity) => (quantity.name === 'length' ? amount(quantity) : `${title(quantity.name)} ${amount(quantity)}`));
  return [values, ...others].filter(Boolean);
}

/** "12.3 mm"; a length in pixels is said to be none in mm. */
function amount({ value, unit }: Quantity): string {
  const number = value.toFixed(1).replace('-', '−');
  if (unit === PIXEL) return `${number} ${NO_SPACING}`;
  if (unit === '1') return `${number} (no HU)`;
  const words = UNITS[unit];
  return words ? `${number} ${words}` : `${number} ${unit}`;
}

function title(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
