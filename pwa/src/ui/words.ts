/** Numbers, dates and the schema's own words, as people say them. Unknown enum values are shown readably: new ones may come. */

const bytes = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

export function sizeOf(count: number): string {
  let value = count;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${bytes.format(value)} ${UNITS[unit]}`;
}

/** "2 min left"; empty while it cannot be said yet. */
export function timeLeft(seconds: number | undefined): string {
  if (seconds === undefined || !Number.isFinite(seconds)) return '';
  if (seconds < 1) return 'almost done';
  if (seconds < 90) return `${Math.ceil(seconds)} s left`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min left`;
  return `${Math.round(seconds / 3600)} h left`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString()} ${count === 1 ? one : many}`;
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
  return 'just now';
}

/** Full years of a person born on one date, at a time later: what is asked of a scan is the age on its day. */
export function ageOf(birthDate: string, at: string): number | undefined {
  const [born, then] = [new Date(birthDate), new Date(at)];
  const years = then.getUTCFullYear() - born.getUTCFullYear();
  const isBefore =
    then.getUTCMonth() < born.getUTCMonth() ||
    (then.getUTCMonth() === born.getUTCMonth() && then.getUTCDate() < born.getUTCDate());
  const age = years - Number(isBefore);
  return Number.isFinite(age) && age >= 0 ? age : undefined;
}

const WORDS: Record<string, string> = {
  RECEIVING: 'Receiving',
  ANALYZING: 'Analyzing',
  READY: 'Ready',
  FAILED: 'Failed',
  REVIEWED: 'Reviewed',
  ARCHIVED: 'Archived',
  ROUTINE: 'Routine',
  PRIORITY: 'Priority',
  URGENT: 'Urgent',
  QUEUED: 'Waiting',
  RUNNING: 'Analyzing',
  SUCCEEDED: 'Finished',
  CANCELLED: 'Cancelled',
  UNSUITABLE: 'Not suitable',
  WAITING: 'Waiting',
  PREPARING: 'Preparing the images',
  INFERRING: 'Looking for findings',
  REPORTING: 'Writing the result',
  DONE: 'Done',
  PATIENT: 'Patient',
  CLINICIAN: 'Clinician',
  ADMINISTRATOR: 'Administrator',
};

export function wordOf(value: string): string {
  const known = WORDS[value];
  if (known) return known;
  const words = value.replaceAll('_', ' ').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A DICOM person name (PS3.5 6.2, PN) as people write it: "Family, Given Middle". */
export function nameOf(personName: string): string {
  const [family = '', ...given] = (personName.split('=')[0] ?? '').split('^').map((part) => part.trim());
  return [family, given.filter(Boolean).join(' ')].filter(Boolean).join(', ');
}

export interface Subject {
  readonly patient?: { readonly patientId?: string | null } | null;
  readonly studies: readonly { readonly description?: string | null }[];
}

/**
 * Our phantom says so in its patient ID and study description, as api/imaging/phantom_dicom.py writes them; it must be
 * told from a patient wherever it shows. Titles are changed by people ("phantom limb pain") and tell nothing.
 */
export function isPhantom({ patient, studies }: Subject): boolean {
  return (
    (patient?.patientId?.startsWith('PHANTOM-') ?? false) ||
    studies.some(({ description }) => description?.includes('PHANTOM (not a patient)') ?? false)
  );
}
