/** A place that the viewer outlines without knowing what it means. */
export interface Mark {
  readonly id: string;
  /** What it is called on the picture, e.g. "1". */
  readonly name: string;
  /** What a screen reader says of it. */
  readonly description: string;
  readonly frameIndex: number;
  /** Pixels; the origin is the outer corner of the first pixel. */
  readonly box: { readonly left: number; readonly top: number; readonly width: number; readonly height: number };
  readonly diameterMm: number | undefined;
  /** Drawn strongly; the others are drawn thinly. */
  readonly isStrong: boolean;
}

export interface MarkOnSlice {
  readonly mark: Mark;
  /** On the slice that shows it best, or on a neighbour that it still reaches. */
  readonly isBest: boolean;
}

/** The marks to draw on a slice: those it shows best, and those whose diameter reaches it. */
export function marksOn(index: number, marks: readonly Mark[], sliceSpacing: number | null | undefined): MarkOnSlice[] {
  return marks.flatMap((mark): MarkOnSlice[] => {
    const away = Math.abs(mark.frameIndex - index);
    if (away === 0) return [{ mark, isBest: true }];
    const reach = sliceSpacing && mark.diameterMm ? mark.diameterMm / 2 / sliceSpacing : 0;
    return away <= reach ? [{ mark, isBest: false }] : [];
  });
}

export interface Outline extends MarkOnSlice {
  /** Names of all marks at this place, the outlined one's first. */
  readonly names: readonly string[];
}

/**
 * One outline a place: marks whose middles lie in one another's boxes would only hide the lesion together. The selected
 * one is outlined before those that the slice shows best, and these before the ones that only reach it.
 */
export function outlinesOf(marks: readonly MarkOnSlice[], selectedId: string | undefined): Outline[] {
  const rank = ({ mark, isBest }: MarkOnSlice) => (mark.id === selectedId ? 0 : isBest ? 1 : 2);
  const outlines: (MarkOnSlice & { readonly names: string[] })[] = [];
  for (const each of [...marks].sort((one, other) => rank(one) - rank(other))) {
    const same = outlines.find(({ mark }) => isAt(mark.box, each.mark.box) || isAt(each.mark.box, mark.box));
    if (same) same.names.push(each.mark.name);
    else outlines.push({ ...each, names: [each.mark.name] });
  }
  return outlines;
}

function isAt(box: Mark['box'], other: Mark['box']): boolean {
  const x = other.left + other.width / 2;
  const y = other.top + other.height / 2;
  return x >= box.left && x <= box.left + box.width && y >= box.top && y <= box.top + box.height;
}

/** The next mark in slice order after (or before) a slice, going round at the ends. */
export function neighbourMark(
  index: number,
  marks: readonly Mark[],
  direction: 1 | -1,
  selectedId: string | undefined,
): Mark | undefined {
  const inOrder = [...marks].sort((one, other) => one.frameIndex - other.frameIndex || one.id.localeCompare(other.id));
  if (direction === -1) inOrder.reverse();
  const selected = inOrder.findIndex(({ id }) => id === selectedId);
  if (selected >= 0 && inOrder[selected]?.frameIndex === index) return inOrder[(selected + 1) % inOrder.length];
  return inOrder.find(({ frameIndex }) => (frameIndex - index) * direction > 0) ?? inOrder[0];
}
