import { throwFaults } from '../../graphql/failure';
import {
  CaseAnnotationsDocument,
  DeleteAnnotationDocument,
  SaveAnnotationDocument,
  type SaveAnnotationInput,
} from '../../graphql/generated/graphql';
import { request } from '../../graphql/session';
import { measurementWords } from '../../messages/measurements';
import type { Annotation, Measurement } from './measurement';

/** Everything that measurements ask of the server; whatever later waits for a connection goes between here. */
export interface Saving {
  /** All of a case. */
  readonly read: (caseId: string, signal: AbortSignal) => Promise<Annotation[]>;
  /** Throws where it was not taken. Sent again under the same key it is there once. */
  readonly save: (input: SaveAnnotationInput) => Promise<Annotation>;
  readonly remove: (annotationId: string) => Promise<void>;
}

/** Pages of a hundred; a case with more is read no further. */
const MOST_PAGES = 20;

export const saving: Saving = { read, save, remove };

async function read(caseId: string, signal: AbortSignal): Promise<Annotation[]> {
  const found: Annotation[] = [];
  let after: string | null = null;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const answer: Awaited<ReturnType<typeof readPage>> = await readPage(caseId, after, signal);
    if (!answer) break;
    found.push(...answer.edges.map(({ node }) => node));
    after = answer.pageInfo.endCursor ?? null;
    if (!answer.pageInfo.hasNextPage || after === null) break;
  }
  return found;
}

async function readPage(caseId: string, after: string | null, signal: AbortSignal) {
  const { case: found } = await request(CaseAnnotationsDocument, { id: caseId, after }, signal);
  return found?.annotations;
}

async function save(input: SaveAnnotationInput): Promise<Annotation> {
  const { saveAnnotation: payload } = await request(SaveAnnotationDocument, { input });
  throwFaults(payload.errors);
  if (!payload.annotation) throw new Error(measurementWords.unanswered);
  return payload.annotation;
}

async function remove(annotationId: string): Promise<void> {
  const { deleteAnnotation: payload } = await request(DeleteAnnotationDocument, { input: { annotationId } });
  throwFaults(payload.errors);
}

/** What is sent for a new measurement, or for a changed one where it has an id. */
export function inputOf(caseId: string, measurement: Measurement, idempotencyKey: string): SaveAnnotationInput {
  const { id, kind, stackId, frameIndex, points, label, note } = measurement;
  return {
    ...(id === undefined ? { caseId } : { annotationId: id }),
    kind,
    anchor: { stackId, frameIndex },
    points: points.map(({ x, y }) => ({ x, y })),
    label,
    note,
    idempotencyKey,
  };
}
