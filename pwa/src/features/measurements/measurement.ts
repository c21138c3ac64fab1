import type { AnnotationDetailFragment } from '../../graphql/generated/graphql';
import type { Point } from '../../viewer/placement';
import type { Quantity, ShapeKind } from '../../viewer/shapes';

export type Annotation = AnnotationDetailFragment;

/** One measurement as this device knows it: maybe saved, maybe changed since. */
export interface Measurement {
  /** Stays the same from drawing on; of one that was read it is the server's id. */
  readonly key: string;
  /** The server's, once it was saved. */
  readonly id: string | undefined;
  readonly kind: ShapeKind;
  readonly stackId: string;
  readonly frameIndex: number;
  readonly points: readonly Point[];
  readonly label: string | null;
  readonly note: string | null;
  /** The server's; of unsaved ones what the device read itself. */
  readonly quantities: readonly Quantity[];
  readonly author: { readonly id: string; readonly displayName: string };
  /** When the server changed it last; empty before it has it. */
  readonly updatedAt: string;
  readonly status: 'saved' | 'saving' | 'failed';
  readonly fault: string | undefined;
}

export function measurementOf(annotation: Annotation, key: string = annotation.id): Measurement {
  const { id, kind, anchor, points, label, note, quantities, by, updatedAt } = annotation;
  return {
    key,
    id,
    kind,
    stackId: anchor.stack.id,
    frameIndex: anchor.frameIndex,
    points,
    label: label ?? null,
    note: note ?? null,
    quantities,
    author: by,
    updatedAt,
    status: 'saved',
    fault: undefined,
  };
}

/** Pixels within which two points are the same one, sent and come back. */
const SAME = 1e-3;

/** Whether an annotation is what this one, not known to be saved, was drawn as. */
export function isSame(drawn: Measurement, annotation: Annotation): boolean {
  const { anchor, kind, by, points } = annotation;
  return (
    drawn.kind === kind &&
    drawn.author.id === by.id &&
    drawn.stackId === anchor.stack.id &&
    drawn.frameIndex === anchor.frameIndex &&
    drawn.points.length === points.length &&
    drawn.points.every(({ x, y }, at) => {
      const other = points[at];
      return other !== undefined && Math.abs(other.x - x) < SAME && Math.abs(other.y - y) < SAME;
    })
  );
}

/** What the server says of one annotation, among what is known here. What was changed here and is not saved yet stays. */
export function withAnnotation(known: readonly Measurement[], annotation: Annotation): Measurement[] {
  const at = known.findIndex(({ id }) => id === annotation.id);
  const same = at >= 0 ? at : known.findIndex((each) => each.id === undefined && isSame(each, annotation));
  const old = known[same];
  if (annotation.deleted) return known.filter(({ id }) => id !== annotation.id);
  if (!old) return [...known, measurementOf(annotation)];
  const isStale = Date.parse(annotation.updatedAt) < Date.parse(old.updatedAt);
  const isChangedHere = old.id !== undefined && old.status !== 'saved';
  if (isStale || isChangedHere) return [...known];
  return known.map((each, place) => (place === same ? measurementOf(annotation, old.key) : each));
}

/** In the order of slices, then as they came. */
export function inOrder(measurements: readonly Measurement[]): Measurement[] {
  return [...measurements].sort((one, other) => one.frameIndex - other.frameIndex);
}
