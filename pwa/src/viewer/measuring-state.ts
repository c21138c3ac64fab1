import { useEffect, useMemo, useState } from 'preact/hooks';
import { useStore } from '../graphql/store';
import { type Draft, type HandLook, MeasuringHand } from './measuring-hand';
import type { Measuring, Shape } from './shapes';
import type { StackView } from './stack-view';

export interface MeasuringState {
  readonly hand: MeasuringHand;
  readonly look: HandLook;
  /** Of the slice on the screen, with what is being drawn; the selected one last, over the others. */
  readonly shapes: readonly Shape[];
  readonly selected: Shape | undefined;
}

/** Measurements on the slice that is looked at, and the hand that draws them. */
export function useMeasuring(view: StackView, index: number, measuring: Measuring | undefined): MeasuringState {
  const [hand] = useState(() => new MeasuringHand(view));
  const look = useStore(hand.look);
  hand.measuring = measuring;

  const chosen = measuring?.selected;
  const frame = measuring?.shapes.find(({ key }) => key === chosen?.key)?.frameIndex;
  // biome-ignore lint/correctness/useExhaustiveDependencies: choosing the same one again brings its slice back; moving it does not
  useEffect(() => {
    if (frame !== undefined) view.go(frame);
  }, [view, chosen]);

  const { draft } = look;
  const [all, key] = [measuring?.shapes, chosen?.key];
  const shapes = useMemo(() => {
    const here = (all ?? []).filter(({ frameIndex }) => frameIndex === index);
    return withLast(draft?.frameIndex === index ? withDraft(here, draft) : here, key);
  }, [all, index, draft, key]);
  return { hand, look, shapes, selected: shapes.find((shape) => shape.key === key) };
}

const NEW = { key: 'new', quantities: [], isOwn: true, author: '', fault: undefined };

function withDraft(shapes: readonly Shape[], { key, kind, frameIndex, points }: Draft): Shape[] {
  if (key === undefined) return [...shapes, { ...NEW, kind, frameIndex, points }];
  return shapes.map((shape) => (shape.key === key ? { ...shape, points, quantities: [] } : shape));
}

function withLast(shapes: readonly Shape[], last: string | undefined): Shape[] {
  return [...shapes.filter(({ key }) => key !== last), ...shapes.filter(({ key }) => key === last)];
}
