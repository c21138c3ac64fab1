/** Which bytes still have to go, and which picked file they come from. Pure. */

/** Bytes of a part, fixed by the contract; the last one of a file is what is left. */
export const PART_SIZE = 8 * 1024 * 1024;

export interface NamedSize {
  readonly name: string;
  readonly size: number;
}

/** Where each part of a file of this size begins and ends; an empty file has one empty part. */
export function partsOf(size: number): { readonly start: number; readonly end: number }[] {
  const count = Math.max(1, Math.ceil(size / PART_SIZE));
  return Array.from({ length: count }, (_, at) => ({
    start: at * PART_SIZE,
    end: Math.min(size, (at + 1) * PART_SIZE),
  }));
}

export interface Match<T> {
  /** For the index of each wanted file, the picked one with its name and size. */
  readonly found: ReadonlyMap<number, T>;
  readonly missing: readonly NamedSize[];
}

/**
 * Finds the files of an interrupted upload among those picked again, by name and size. A file picked alone has no
 * folder in its name although it had one the first time: then its last name counts, if only one fits.
 */
export function matchFiles<T extends NamedSize>(
  wanted: readonly (NamedSize & { readonly index: number })[],
  picked: readonly T[],
): Match<T> {
  const byPath = groupBy(picked, ({ name, size }) => `${size}:${name}`);
  const byLastName = groupBy(picked, ({ name, size }) => `${size}:${lastName(name)}`);
  const found = new Map<number, T>();
  const missing: NamedSize[] = [];
  for (const { index, name, size } of wanted) {
    const exact = byPath.get(`${size}:${name}`)?.[0];
    const alike = byLastName.get(`${size}:${lastName(name)}`) ?? [];
    const match = exact ?? (alike.length === 1 ? alike[0] : undefined);
    if (match) found.set(index, match);
    else missing.push({ name, size });
  }
  return { found, missing };
}

/** Bytes of a file that the server has: all but its pending parts. */
export function receivedBytes(size: number, pendingParts: readonly { readonly size: number }[]): number {
  return Math.max(0, size - pendingParts.reduce((sum, part) => sum + part.size, 0));
}

export function lastName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Files that a desktop leaves beside images and that are never one. */
export function isLitter(path: string): boolean {
  const name = lastName(path).toLowerCase();
  return (
    name === '.ds_store' ||
    name === 'thumbs.db' ||
    name === 'desktop.ini' ||
    path.startsWith('__MACOSX/') ||
    name.startsWith('._')
  );
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
