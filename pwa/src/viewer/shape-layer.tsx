import { useMemo } from 'preact/hooks';
import { type MeasuredStack, quantitiesOf } from './measurement';
import type { LosslessPicture } from './picture';
import { type Placement, type Point, type Size, toScreen } from './placement';
import { quantityLines } from './quantity-words';
import { cornersOf, outlineOf } from './shape-geometry';
import { placeOfLabel } from './shape-label';
import { NAMES, type Shape } from './shapes';

interface ShapeLayerProps {
  readonly shapes: readonly Shape[];
  readonly selectedKey: string | undefined;
  /** The end that a finger or the arrow keys hold, of the selected one. */
  readonly end: number;
  readonly stack: MeasuredStack;
  readonly picture: LosslessPicture | undefined;
  readonly placement: Placement;
  readonly screen: Size;
}

/** Measurements over the picture: thin lines in a dark halo, and what they measure beside them. */
export function ShapeLayer({ shapes, selectedKey, ...rest }: ShapeLayerProps) {
  return (
    <svg class="shape-layer" aria-hidden="true">
      {shapes.map((shape) => (
        <Drawn key={shape.key} shape={shape} isSelected={shape.key === selectedKey} {...rest} />
      ))}
    </svg>
  );
}

interface DrawnProps extends Omit<ShapeLayerProps, 'shapes' | 'selectedKey'> {
  readonly shape: Shape;
  readonly isSelected: boolean;
}

function Drawn({ shape, isSelected, end, stack, picture, placement, screen }: DrawnProps) {
  const lines = useLines(shape, stack, picture);
  const outline = outlineOf(shape).map((point) => toScreen(placement, point));
  const ends = shape.points.map((point) => toScreen(placement, point));
  const label = placeOfLabel(outline, lines, screen);
  const state = `${shape.isOwn ? 'is-own' : 'is-other'} ${shape.fault ? 'is-unsaved' : ''} ${isSelected ? 'is-selected' : ''}`;
  const line = pathOf(outline);
  const marks = shape.kind === 'LENGTH' || shape.kind === 'POINT' ? ends.map(crossAt).join('') : '';
  return (
    <g class={`shape ${state}`} data-shape={shape.kind}>
      {isSelected && shape.kind === 'ELLIPSE' && (
        <path class="shape-box" d={`${pathOf(cornersOf(shape.points).map((point) => toScreen(placement, point)))}Z`} />
      )}
      <path class="shape-halo" d={line + marks} />
      <path class="shape-line" d={line + marks} />
      {isSelected &&
        shape.isOwn &&
        ends.map(({ x, y }, at) => (
          <circle key={at} class={`shape-end ${at === end ? 'is-on' : ''}`} cx={x} cy={y} r={8} data-end={at} />
        ))}
      {label && (
        <text x={label.x} y={label.y}>
          {lines.map((words, at) => (
            <tspan key={words} x={label.x} dy={at === 0 ? 0 : 16}>
              {words}
            </tspan>
          ))}
        </text>
      )}
    </g>
  );
}

/** What the device reads where the whole slice is there, else what was saved. */
export function linesOf(shape: Shape, stack: MeasuredStack, picture: LosslessPicture | undefined): string[] {
  const own = quantitiesOf(shape, stack, picture);
  const isWhole = picture !== undefined || shape.kind === 'LENGTH';
  const values = quantityLines(isWhole || shape.quantities.length === 0 ? own : shape.quantities);
  const waits = shape.kind === 'ELLIPSE' && !isWhole && shape.quantities.length < 2;
  const words = shape.kind === 'LENGTH' || shape.kind === 'ELLIPSE' ? values : [NAMES[shape.kind], ...values];
  return [
    ...words,
    waits && 'Values come with the whole slice',
    !shape.isOwn && shape.author,
    shape.fault && 'Not saved',
  ].filter((each) => typeof each === 'string');
}

function useLines(shape: Shape, stack: MeasuredStack, picture: LosslessPicture | undefined): string[] {
  const { kind, points, frameIndex, quantities, isOwn, author, fault, key } = shape;
  return useMemo(
    () => linesOf({ kind, points, frameIndex, quantities, isOwn, author, fault, key }, stack, picture),
    [kind, points, frameIndex, quantities, isOwn, author, fault, key, stack, picture],
  );
}

function pathOf(points: readonly Point[]): string {
  return points.length < 2 ? '' : `M${points.map(({ x, y }) => `${round(x)} ${round(y)}`).join('L')}`;
}

/** Open in the middle: the place itself stays seen. */
function crossAt({ x, y }: Point): string {
  return `M${round(x - 7)} ${round(y)}h4m6 0h4M${round(x)} ${round(y - 7)}v4m0 6v4`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
