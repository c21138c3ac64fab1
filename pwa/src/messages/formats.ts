/** Numbers, dates, sizes and spans of time as they are written where the user lives. */
import { catalogue } from './catalogue';

const BYTE_UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

const words = catalogue('formats', {
  almostDone: 'almost done',
  justNow: 'just now',
  left: (span: string) => `${span} left`,
});

/** With a true minus sign (U+2212), which lines up with digits. */
export function numberOf(value: number, options: Intl.NumberFormatOptions = {}): string {
  return new Intl.NumberFormat(undefined, options).format(value).replace('-', '−');
}

/** digits: after the decimal sign, also where they are zeros. */
export function fixedOf(value: number, digits: number): string {
  return numberOf(value, { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** "6.2 mm"; no more exact than the digits say. */
export function millimetresOf(value: number, digits = 1): string {
  const style = { style: 'unit', unit: 'millimeter', minimumFractionDigits: digits, maximumFractionDigits: digits };
  return numberOf(value, style as Intl.NumberFormatOptions);
}

export function percentOf(share: number, digits = 0): string {
  return numberOf(share, { style: 'percent', minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export function sizeOf(bytes: number): string {
  let value = bytes;
  let at = 0;
  while (value >= 1000 && at < BYTE_UNITS.length - 1) {
    value /= 1000;
    at += 1;
  }
  return numberOf(value, { style: 'unit', unit: BYTE_UNITS[at], maximumFractionDigits: 1 });
}

/** "2 min left"; empty while it cannot be said yet. */
export function timeLeft(seconds: number | undefined): string {
  if (seconds === undefined || !Number.isFinite(seconds)) return '';
  if (seconds < 1) return words.almostDone;
  if (seconds < 90) return words.left(span(Math.ceil(seconds), 'second'));
  if (seconds < 5400) return words.left(span(Math.round(seconds / 60), 'minute'));
  return words.left(span(Math.round(seconds / 3600), 'hour'));
}

/** RFC 3339 with or without offset (a scanner's own clock has none), as date and time here. */
export function whenOf(time: string): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return time;
  return date.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}

/** How long ago, in the largest unit that fits. */
export function agoOf(time: string, now = Date.now()): string {
  const seconds = (Date.parse(time) - now) / 1000;
  const format = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto', style: 'short' });
  const steps: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
    ['day', 86_400],
    ['hour', 3_600],
    ['minute', 60],
  ];
  for (const [unit, size] of steps) {
    if (Math.abs(seconds) >= size) return format.format(Math.round(seconds / size), unit);
  }
  return words.justNow;
}

function span(value: number, unit: 'second' | 'minute' | 'hour'): string {
  return numberOf(value, { style: 'unit', unit });
}
