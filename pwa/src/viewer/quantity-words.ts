import type { Quantity } from './shapes';

/** UCUM as it is written for people. */
const UNITS: Record<string, string> = {
  mm: 'mm',
  mm2: 'mm²',
  "[hnsf'U]": 'HU',
};
const TITLES: Record<string, string> = { length: '', 'standard deviation': 'SD' };
const PIXEL = '{pixel}';
const NO_SPACING = 'px, no spacing known';

/** One line a quantity: ["Mean −724.1 HU", "SD 30.2 HU", "Area 85.3 mm²"]; a length needs no name. */
export function quantityLines(quantities: readonly Quantity[]): string[] {
  return quantities.map((quantity) =>
    [TITLES[quantity.name] ?? title(quantity.name), amount(quantity)].join(' ').trim(),
  );
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
