import type { CineLook } from './cine';
import type { Stack } from './frame-source';
import type { Look } from './look';
import { edgeLetters, slicePosition } from './orientation';
import { readingWords } from './probe';
import { ScaleBar } from './scale-bar';

interface CornerLabelsProps {
  readonly stack: Stack;
  readonly look: Look;
  readonly cine: CineLook;
  readonly isPhantom: boolean;
}

const SHOWN = { nothing: 'Loading', preview: 'Preview', lossless: '', failed: 'Not loaded' } as const;

/** What is written at the edges of the picture: slice, position, window, the value under the pointer, orientation. */
export function CornerLabels({ stack, look, cine, isPhantom }: CornerLabelsProps) {
  const frame = stack.frameTable[look.index];
  const { position, rowDirection, columnDirection } = frame ?? {};
  const hasGeometry = position && rowDirection && columnDirection;
  const edges = hasGeometry ? edgeLetters(rowDirection, columnDirection, look.placement.turning) : undefined;
  const at = hasGeometry ? slicePosition(position, rowDirection, columnDirection) : undefined;
  // Colours are shown as they are: no window changes them.
  const window = stack.photometricInterpretation.startsWith('MONOCHROME') ? look.window : undefined;
  return (
    <div class="corner-labels" aria-hidden="true">
      <div class="corner top-start">
        <b data-testid="slice">
          {look.index + 1} / {stack.frameCount}
        </b>
        {at && <span>{`${at.axis} ${millimetres(at.mm)} mm`}</span>}
        {isPhantom && <strong class="phantom-tag">PHANTOM</strong>}
      </div>
      <div class="corner top-end">
        {cine.isPlaying && <span>{cine.rate} slices a second</span>}
        {SHOWN[look.shown] && <span class={`quality is-${look.shown}`}>{SHOWN[look.shown]}</span>}
        {stack.previews && look.ready < 1 && <span>{Math.round(look.ready * 100)} % of slices ready</span>}
      </div>
      <div class="corner bottom-start">
        <ScaleBar stack={stack} scale={look.placement.scale} />
        {window && (
          <span
            class={look.isAdjusting ? 'is-adjusting' : ''}
          >{`C ${round(window.center)}  W ${round(window.width)}`}</span>
        )}
      </div>
      <div class="corner bottom-end" data-testid="reading">
        {look.reading && <span>{readingWords(look.reading, stack.unit)}</span>}
      </div>
      {edges && (
        <>
          <span class="edge at-left">{edges.left}</span>
          <span class="edge at-right">{edges.right}</span>
          <span class="edge at-top">{edges.top}</span>
          <span class="edge at-bottom">{edges.bottom}</span>
        </>
      )}
    </div>
  );
}

function millimetres(value: number): string {
  return value.toFixed(1).replace('-', '−');
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10).replace('-', '−');
}
