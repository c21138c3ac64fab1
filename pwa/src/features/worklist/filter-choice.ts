import type { CaseFilter, CaseOrder, CaseStatus, Urgency } from '../../graphql/generated/graphql';

/** How old the cases shown may be. */
export type Period = 'any' | 'day' | 'week' | 'month';

/** What one chose to see of the worklist. */
export interface FilterChoice {
  readonly text: string;
  /** Undefined for all but archived ones, which the server decides. */
  readonly status: CaseStatus | undefined;
  readonly urgency: readonly Urgency[];
  readonly modality: readonly string[];
  readonly period: Period;
  readonly order: CaseOrder;
}

export const EVERYTHING: FilterChoice = {
  text: '',
  status: undefined,
  urgency: [],
  modality: [],
  period: 'any',
  order: 'MOST_URGENT',
};

const DAYS: Record<Exclude<Period, 'any'>, number> = { day: 1, week: 7, month: 30 };
const DAY_MS = 86_400_000;

/** The choice as the server takes it, at a moment. */
export function filterOf(choice: FilterChoice, now: number): CaseFilter {
  const text = choice.text.trim();
  return {
    ...(text && { text }),
    ...(choice.status && { status: [choice.status] }),
    ...(choice.urgency.length > 0 && { urgency: [...choice.urgency] }),
    ...(choice.modality.length > 0 && { modality: [...choice.modality] }),
    ...(choice.period !== 'any' && { createdAfter: new Date(now - DAYS[choice.period] * DAY_MS).toISOString() }),
  };
}

/** How many of the choices behind the filter button hold something back. */
export function countOf({ urgency, modality, period }: FilterChoice): number {
  return Number(urgency.length > 0) + Number(modality.length > 0) + Number(period !== 'any');
}

export function isFiltered(choice: FilterChoice): boolean {
  return choice.text.trim() !== '' || choice.status !== undefined || countOf(choice) > 0;
}

/** The list with the value, or without it if it was there. */
export function toggled<T>(list: readonly T[], value: T): readonly T[] {
  return list.includes(value) ? list.filter((each) => each !== value) : [...list, value];
}
