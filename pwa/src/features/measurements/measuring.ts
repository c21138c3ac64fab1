import { useMemo } from 'preact/hooks';
import { session } from '../../graphql/session';
import { Store, useStore } from '../../graphql/store';
import type { Measuring, Shape } from '../../viewer/shapes';
import type { Measurement } from './measurement';
import type { MeasurementsLook, MeasurementsState } from './measurements-state';

const NONE = new Store<MeasurementsLook>({
  measurements: undefined,
  selected: undefined,
  deleted: undefined,
  fault: undefined,
});

/** The measurements of one stack, as the viewer wants them; undefined to whom they are not shown. */
export function useMeasurements(
  state: MeasurementsState | undefined,
  stackId: string | undefined,
  mayDraw: boolean,
): Measuring | undefined {
  const { measurements, selected, deleted } = useStore(state?.look ?? NONE);
  const who = useStore(session);
  const viewerId = who.kind === 'signed-in' ? who.viewer.user.id : undefined;
  const shapes = useMemo(
    () => (measurements ?? []).filter((each) => each.stackId === stackId).map((each) => shapeOf(each, viewerId)),
    [measurements, stackId, viewerId],
  );
  if (!state || stackId === undefined) return undefined;
  return {
    shapes,
    selected,
    mayDraw,
    canUndo: deleted !== undefined && mayDraw,
    onSelect: (key) => state.select(key),
    onDraw: (shape) => state.draw(stackId, shape),
    onChange: (key, points, quantities) => state.change(key, points, quantities),
    onDelete: (key) => state.delete(key),
    onUndo: () => state.undo(),
    onForget: () => state.forgetDeleted(),
    onRetry: (key) => state.retry(key),
  };
}

function shapeOf(measurement: Measurement, viewerId: string | undefined): Shape {
  const { key, kind, frameIndex, points, quantities, author, fault } = measurement;
  return {
    key,
    kind,
    frameIndex,
    points,
    quantities,
    isOwn: author.id === viewerId,
    author: author.displayName,
    fault,
  };
}
