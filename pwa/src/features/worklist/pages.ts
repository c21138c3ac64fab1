/** Pages of a list that changes while it is read. Pure. */

export interface Page<T> {
  readonly rows: readonly T[];
  readonly endCursor: string | undefined;
  readonly hasMore: boolean;
  readonly total: number;
}

interface Row {
  readonly id: string;
}

/** The next page behind the rows there are; what moved from one page to the other shows once. */
export function withNextPage<T extends Row>(now: Page<T>, next: Page<T>): Page<T> {
  const known = new Set(next.rows.map(({ id }) => id));
  return { ...next, rows: [...now.rows.filter(({ id }) => !known.has(id)), ...next.rows] };
}

/** A first page read again: it is the truth about the top, and what was read beyond it stays below. */
export function withFirstPage<T extends Row>(now: Page<T>, first: Page<T>): Page<T> {
  if (now.rows.length <= first.rows.length || !first.hasMore) return first;
  const top = new Set(first.rows.map(({ id }) => id));
  const below = now.rows.slice(first.rows.length).filter(({ id }) => !top.has(id));
  return { rows: [...first.rows, ...below], endCursor: now.endCursor, hasMore: now.hasMore, total: first.total };
}

/** News of one row, put in its place if it is on the list. */
export function withRow<T extends Row, P extends Page<T>>(now: P, row: T): P {
  if (now.rows.every(({ id }) => id !== row.id)) return now;
  return { ...now, rows: now.rows.map((old) => (old.id === row.id ? row : old)) };
}
