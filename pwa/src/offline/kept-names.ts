/** The names under which the vault holds what is kept of cases: ids and numbers, never words. */
export const READER = 'reader';
export const PINS = 'pin/';

export type FrameKind = 'frames' | 'previews';

export function pinName(caseId: string): string {
  return `${PINS}${encodeURIComponent(caseId)}`;
}

/** Before all that belongs to one case, but its pin. */
export function caseNames(caseId: string): string {
  return `case/${encodeURIComponent(caseId)}/`;
}

export function framesName(caseId: string, stackId: string, kind: FrameKind): string {
  return `${caseNames(caseId)}${kind}/${encodeURIComponent(stackId)}/`;
}

export function frameName(caseId: string, stackId: string, kind: FrameKind, index: number): string {
  return `${framesName(caseId, stackId, kind)}${index}`;
}

/** page: the cursor that was asked from; empty for the first page and for what has no pages. */
export function answerName(caseId: string, operation: string, subject: string, page: string): string {
  return `${caseNames(caseId)}answer/${operation}/${encodeURIComponent(subject)}/${encodeURIComponent(page)}`;
}
