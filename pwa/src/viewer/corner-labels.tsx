import { millimetresOf, numberOf, percentOf } from '../messages/formats';
import { viewerWords as words } from '../messages/viewer';
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
        <b data-testid="slice">{words.place(look.index + 1, stack.frameCount)}</b>
        {at && <span>{words.position(at.axis, millimetresOf(at.mm))}</span>}
        {isPhantom && <strong class="phantom-tag">{words.phantom}</strong>}
      </div>
      <div class="corner top-end">
        {cine.isPlaying && <span>{words.rate(cine.rate)}</span>}
        {words.shown[look.shown] && <span class={`quality is-${look.shown}`}>{words.shown[look.shown]}</span>}
        {stack.previews && look.ready < 1 && <span>{words.ready(percentOf(look.ready))}</span>}
      </div>
      <div class="corner bottom-start">
        <ScaleBar stack={stack} scale={look.placement.scale} />
        {window && (
          <span class={look.isAdjusting ? 'is-adjusting' : ''}>
            {words.windowOf(voiOf(window.center), voiOf(window.width))}
          </span>
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

function voiOf(value: number): string {
  return numberOf(value, { maximumFractionDigits: 1, useGrouping: false });
}
