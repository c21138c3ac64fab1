import { PIXELS, type Quantity } from './shapes';

/** UCUM as it is written for people. */
const UNITS: Record<string, string> = {
  mm: 'mm',
  mm2: 'mm²',
  "[hnsf'U]": 'HU',
};
/** In the order they are told; what is not named here comes after them, under its own name. */
const TITLES: Record<string, string> = {
  Length: '',
  Value: '',
  Mean: 'Mean',
  'Standard Deviation': 'SD',
  Area: 'Area',
};
/** The ends of a region's values are mostly noise. */
const UNTOLD = new Set(['Minimum', 'Maximum']);
const NO_SPACING = 'px, no spacing known';

/** One line a quantity: ["Mean −724.1 HU", "SD 30.2 HU", "Area 85.3 mm²"]; a length needs no name. */
export function quantityLines(quantities: readonly Quantity[]): string[] {
  const order = Object.keys(TITLES);
  const rank = ({ name }: Quantity) => (name in TITLES ? order.indexOf(name) : order.length);
  return quantities
    .filter(({ name }) => !UNTOLD.has(name))
    .sort((one, other) => rank(one) - rank(other))
    .map((quantity) => `${TITLES[quantity.name] ?? quantity.name} ${amount(quantity)}`.trim());
}

/** "12.3 mm"; a length in pixels is said to be none in mm. */
function amount({ value, unit }: Quantity): string {
  const number = value.toFixed(1).replace('-', '−');
  if (unit === PIXELS) return `${number} ${NO_SPACING}`;
  if (unit === '1') return `${number} (no HU)`;
  const words = UNITS[unit];
  return words ? `${number} ${words}` : `${number} ${unit}`;
}
