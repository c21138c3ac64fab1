import { catalogue } from './catalogue';

/** What is measured, and with what: on the picture, beside it, and spoken. */
export const quantityWords = catalogue('quantities', {
  kinds: { LENGTH: 'Ruler', ELLIPSE: 'Ellipse', RECTANGLE: 'Rectangle', POINT: 'Point', FINDING: 'Drawn finding' },
  /** By the server's names; a length and a single value need none. */
  titles: { Length: '', Value: '', Mean: 'Mean', 'Standard Deviation': 'SD', Area: 'Area' },
  named: (title: string, amount: string) => `${title} ${amount}`,
  hounsfield: (value: string) => `${value} HU`,
  squareMillimetres: (value: string) => `${value} mm²`,
  noSpacing: (value: string) => `${value} px, no spacing known`,
  noHounsfield: (value: string) => `${value} (no HU)`,
});
