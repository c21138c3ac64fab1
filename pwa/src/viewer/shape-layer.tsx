import { useMemo } from 'preact/hooks';
import type { MeasuredStack } from './measurement';
import type { LosslessPicture } from './picture';
import { type Box, type Placement, type Point, type Size, toScreen } from './placement';
import { cornersOf, outlineOf } from './shape-geometry';
import { baseOf, placesOfLabels } from './shape-label';
import { labelOf, valuesOf } from './shape-words';
import type { Shape } from './shapes';

interface ShapeLayerProps {
  readonly shapes: readonly Shape[];
  readonly selectedKey: string | undefined;
  /** The end that a finger or the arrow keys hold, of the selected one. */
  readonly end: number;
  readonly stack: MeasuredStack;
  readonly picture: LosslessPicture | undefined;
  readonly placement: Placement;
  readonly screen: Size;
  /** What no words may hide. */
  readonly avoid: readonly Box[];
}

/** Measurements over the picture: thin lines in a dark halo, and what they measure beside them. */
export function ShapeLayer({ shapes, selectedKey, end, stack, picture, placement, screen, avoid }: ShapeLayerProps) {
  const values = useMemo(() => shapes.map((shape) => valuesOf(shape, stack, picture)), [shapes, stack, picture]);
  const drawn = shapes.map((shape, at) => {
    const isSelected = shape.key === selectedKey;
    return {
      shape,
      isSelected,
      outline: outlineOf(shape).map((point) => toScreen(placement, point)),
      lines: labelOf(shape, values[at] ?? [], isSelected),
    };
  });
  const places = placesOfLabels(drawn, screen, avoid);
  return (
    <svg class="shape-layer" aria-hidden="true">
      {drawn.map(({ shape, isSelected, outline, lines }, at) => (
        <g key={shape.key} class={stateOf(shape, isSelected)} data-shape={shape.kind}>
          {isSelected && shape.kind === 'ELLIPSE' && (
            <path
              class="shape-box"
              d={`${pathOf(cornersOf(shape.points).map((point) => toScreen(placement, point)))}Z`}
            />
          )}
          <Line shape={shape} outline={outline} hasEnds={isSelected && shape.isOwn} />
          {isSelected && shape.isOwn && <Ends shape={shape} placement={placement} end={end} />}
          <Words lines={lines} place={places[at]} />
        </g>
      ))}
    </svg>
  );
}

function stateOf({ isOwn, fault }: Shape, isSelected: boolean): string {
  return ['shape', isOwn ? 'is-own' : 'is-other', fault && 'is-unsaved', isSelected && 'is-selected']
    .filter(Boolean)
    .join(' ');
}

interface LineProps {
  readonly shape: Shape;
  readonly outline: readonly Point[];
  readonly hasEnds: boolean;
}

function Line({ shape: { kind }, outline, hasEnds }: LineProps) {
  const marks = !hasEnds && (kind === 'LENGTH' || kind === 'POINT') ? outline.map(crossAt).join('') : '';
  const path = pathOf(outline) + marks;
  return (
    <>
      <path class="shape-halo" d={path} />
      <path class="shape-line" d={path} />
    </>
  );
}

interface EndsProps {
  readonly shape: Shape;
  readonly placement: Placement;
  readonly end: number;
}

/** Open circles: the place itself stays seen. A finger's reach around them is wider. */
function Ends({ shape, placement, end }: EndsProps) {
  return (
    <>
      {shape.points.map((point, at) => {
        const { x, y } = toScreen(placement, point);
        return (
          <g key={at} class={`shape-end ${at === end ? 'is-on' : ''}`} data-end={at}>
            <circle class="end-halo" cx={x} cy={y} r={7} />
            <circle cx={x} cy={y} r={7} />
          </g>
        );
      })}
    </>
  );
}

function Words({ lines, place }: { readonly lines: readonly string[]; readonly place: Box | undefined }) {
  if (!place) return null;
  const { x, y } = baseOf(place);
  return (
    <text x={x} y={y}>
      {lines.map((words, at) => (
        <tspan key={words} x={x} dy={at === 0 ? 0 : 16}>
          {words}
        </tspan>
      ))}
    </text>
  );
}

function pathOf(points: readonly Point[]): string {
  return points.length < 2 ? '' : `M${points.map(({ x, y }) => `${round(x)} ${round(y)}`).join('L')}`;
}

/** Open in its middle. */
function crossAt({ x, y }: Point): string {
  return `M${round(x - 7)} ${round(y)}h4m6 0h4M${round(x)} ${round(y - 7)}v4m0 6v4`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
