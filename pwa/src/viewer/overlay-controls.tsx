import { percentOf } from '../messages/formats';
import { viewerWords as words } from '../messages/viewer';
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

/** How strongly the overlay is drawn, what it is and what it is not, and whether there is something on this slice. */
export function OverlayControls({ overlay, choice, frame, onOpacity, onRetry }: OverlayControlsProps) {
  const percent = percentOf(choice.opacity);
  return (
    <div class="overlay-controls">
      <label class="opacity">
        <span>{words.overlay.label}</span>
        <input
          type="range"
          min={LEAST_OPACITY}
          max={MOST_OPACITY}
          step={0.05}
          value={choice.opacity}
          aria-label={words.overlay.opacity}
          aria-valuetext={percent}
          onInput={(event) => onOpacity(event.currentTarget.valueAsNumber)}
        />
        <span class="opacity-number" aria-hidden="true">
          {percent}
        </span>
      </label>
      {frame === 'failed' ? (
        <p class="overlay-fault" role="status">
          <span>{words.overlay.notFetched}</span>
          <button type="button" class="button is-quiet" onClick={onRetry}>
            {words.tryAgain}
          </button>
        </p>
      ) : (
        <p class="overlay-words">
          {frame === 'blank' && <b>{words.overlay.nothing}</b>}
          {words.overlay.what(overlay.title, words.overlay.limits[overlay.kind])}
        </p>
      )}
    </div>
  );
}
