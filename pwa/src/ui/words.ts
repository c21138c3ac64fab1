/** Names and ages as people say them, and what is no patient. */

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
