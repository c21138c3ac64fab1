import { LEAST_OPACITY, MOST_OPACITY, type OverlayChoice } from './overlay-choice';
import type { Overlay, OverlayFrame } from './overlay-frames';
import './overlay.css';

interface OverlayControlsProps {
  readonly overlay: Overlay;
  readonly choice: OverlayChoice;
  readonly frame: OverlayFrame | undefined;
  readonly onOpacity: (opacity: number) => void;
  readonly onRetry: () => void;
}

/** What an overlay is not, lest its shape be read as the lesion's. */
const LIMITS = {
  ATTENTION: 'Not the outline of a lesion, and no probability.',
  SEGMENTATION: 'The model’s outline, not a measured one.',
} as const;

/** How strongly the overlay is drawn, what it is and what it is not, and whether there is something on this slice. */
export function OverlayControls({ overlay, choice, frame, onOpacity, onRetry }: OverlayControlsProps) {
  const percent = Math.round(choice.opacity * 100);
  return (
    <div class="overlay-controls">
      <label class="opacity">
        <span>Overlay</span>
        <input
          type="range"
          min={LEAST_OPACITY}
          max={MOST_OPACITY}
          step={0.05}
          value={choice.opacity}
          aria-label="Overlay opacity"
          aria-valuetext={`${percent} %`}
          onInput={(event) => onOpacity(event.currentTarget.valueAsNumber)}
        />
        <span class="opacity-number" aria-hidden="true">
          {percent} %
        </span>
      </label>
      {frame === 'failed' ? (
        <p class="overlay-fault" role="status">
          <span>The overlay could not be fetched.</span>
          <button type="button" class="button is-quiet" onClick={onRetry}>
            Try again
          </button>
        </p>
      ) : (
        <p class="overlay-words">
          {frame === 'blank' && <b>Nothing on this slice. </b>}
          {overlay.title}. {LIMITS[overlay.kind]}
        </p>
      )}
    </div>
  );
}
