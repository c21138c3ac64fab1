import { type MarkOnSlice, outlinesOf } from './marks';
import { boxOnScreen, type Placement, type Point, toScreen } from './placement';
import type { Reading } from './probe';

/** CSS pixels between the outline and what it marks, and the least side of an outline. */
const GAP = 7;
const LEAST_SIDE = 30;

interface MarkLayerProps {
  readonly marks: readonly MarkOnSlice[];
  readonly placement: Placement;
  readonly selectedId: string | undefined;
  readonly reading: Reading | undefined;
}

/** Outlines around marks: corners only, outside the box, so that the lesion itself stays free. */
export function MarkLayer({ marks, placement, selectedId, reading }: MarkLayerProps) {
  return (
    <svg class="mark-layer" aria-hidden="true">
      {outlinesOf(marks, selectedId).map(({ mark, isBest, names }) => {
        const frame = frameOf(mark.box, placement);
        const state = `${mark.isStrong ? 'is-strong' : 'is-weak'} ${isBest ? 'is-best' : 'is-near'}`;
        const isSelected = mark.id === selectedId;
        return (
          <g key={mark.id} class={`mark ${state} ${isSelected ? 'is-selected' : ''}`} data-mark={mark.id}>
            <path class="mark-halo" d={corners(frame)} />
            <path class="mark-line" d={corners(frame)} />
            <text x={frame.x + frame.side / 2} y={frame.y - 6} text-anchor="middle">
              {names.join(' ')}
            </text>
          </g>
        );
      })}
      {reading && <path class="probe" d={cross(toScreen(placement, reading.at))} />}
    </svg>
  );
}

interface Frame {
  readonly x: number;
  readonly y: number;
  readonly side: number;
  readonly height: number;
}

function frameOf(box: MarkOnSlice['mark']['box'], placement: Placement): Frame {
  const shown = boxOnScreen(placement, box);
  const side = Math.max(LEAST_SIDE, shown.width + 2 * GAP);
  const height = Math.max(LEAST_SIDE, shown.height + 2 * GAP);
  return { x: shown.left + (shown.width - side) / 2, y: shown.top + (shown.height - height) / 2, side, height };
}

/** Around the place that was read: a finger hides it, a mouse's own cross does not. */
function cross({ x, y }: Point): string {
  return `M${x - 12} ${y}h8m8 0h8M${x} ${y - 12}v8m0 8v8`;
}

function corners({ x, y, side, height }: Frame): string {
  const arm = Math.min(side, height) * 0.28;
  const right = x + side;
  const bottom = y + height;
  return [
    `M${x} ${y + arm}V${y}H${x + arm}`,
    `M${right - arm} ${y}H${right}V${y + arm}`,
    `M${right} ${bottom - arm}V${bottom}H${right - arm}`,
    `M${x + arm} ${bottom}H${x}V${bottom - arm}`,
  ].join('');
}
