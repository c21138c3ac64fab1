import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Stack } from './frame-source';
import type { Placement } from './placement';

interface OverlayLayerProps {
  readonly frame: ImageData;
  readonly opacity: number;
  readonly stack: Pick<Stack, 'rows' | 'columns'>;
  readonly placement: Placement;
}

/** The coloured frame over the picture and under the outlines; it follows whatever the picture does. */
export function OverlayLayer({ frame, opacity, stack, placement }: OverlayLayerProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    if (!canvas.current) return;
    canvas.current.width = frame.width;
    canvas.current.height = frame.height;
    canvas.current.getContext('2d')?.putImageData(frame, 0, 0);
  }, [frame]);
  const transform = overlayMatrix(frame, stack, placement);
  return (
    <canvas
      ref={canvas}
      class="overlay-layer"
      data-testid="overlay"
      style={{ opacity, transform: `matrix(${transform.join(',')})` }}
    />
  );
}

interface Matrix {
  readonly width: number;
  readonly height: number;
}

/** CSS matrix from the overlay's own pixels to the screen: stretched over the stack's matrix first. */
export function overlayMatrix(
  { width, height }: Matrix,
  { rows, columns }: Pick<Stack, 'rows' | 'columns'>,
  { left, top, scale, aspect, turning }: Placement,
): number[] {
  const across = (scale * columns) / width;
  const down = (scale * aspect * rows) / height;
  return [turning.xx * across, turning.yx * across, turning.xy * down, turning.yy * down, left, top];
}
