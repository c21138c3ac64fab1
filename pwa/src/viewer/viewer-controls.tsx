import { useState } from 'preact/hooks';
import { Icon } from '../ui/icon';
import { titleOf } from './keys';
import type { Mark } from './marks';
import type { OverlayState } from './overlay-state';
import type { Look, StackView } from './stack-view';
import { Toolbox } from './toolbox';

interface ViewerControlsProps {
  readonly view: StackView;
  readonly look: Look;
  readonly marks: readonly Mark[];
  readonly overlay: OverlayState | undefined;
  readonly onMark: (direction: 1 | -1) => void;
  readonly onHelp: () => void;
}

const TOOLBOX = 'viewer-toolbox';

/** The position bar and the window presets, where a thumb reaches them. */
export function ViewerControls({ view, look, marks, overlay, onMark, onHelp }: ViewerControlsProps) {
  const [isOpen, setIsOpen] = useState(false);
  const { frameCount } = view.stack;
  const here = marks.filter(({ frameIndex }) => frameIndex === look.index).map(({ description }) => description);
  const spoken = [`Slice ${look.index + 1} of ${frameCount}`, ...here].join(', ');
  return (
    <div class="viewer-controls">
      <div class="position-bar">
        <div class="ticks" aria-hidden="true">
          {marks.map(({ id, frameIndex, isStrong }) => (
            <i
              key={id}
              class={isStrong ? 'is-strong' : ''}
              style={{ left: `${(frameIndex / Math.max(1, frameCount - 1)) * 100}%` }}
            />
          ))}
        </div>
        <input
          type="range"
          min={0}
          max={frameCount - 1}
          step={1}
          value={look.index}
          aria-label="Slice"
          aria-valuetext={spoken}
          onInput={(event) => view.go(event.currentTarget.valueAsNumber)}
        />
      </div>
      <div class="tools">
        <fieldset class="presets" aria-label="Window">
          {view.presets.map((preset) => {
            const isOn = look.window?.center === preset.center && look.window.width === preset.width;
            return (
              <button
                key={preset.name}
                type="button"
                class="chip"
                aria-pressed={isOn}
                onClick={() => view.choose(preset)}
              >
                {preset.name}
              </button>
            );
          })}
        </fieldset>
        {overlay && (
          <button
            type="button"
            class="chip is-icon"
            aria-pressed={overlay.choice.isOn}
            aria-label="What the model went by"
            title={titleOf('overlay')}
            onClick={overlay.toggle}
          >
            <Icon name="overlay" />
          </button>
        )}
        {marks.length > 0 && (
          <>
            <button type="button" class="chip is-icon" aria-label="Previous finding" onClick={() => onMark(-1)}>
              <Icon name="up" />
            </button>
            <button type="button" class="chip is-icon" aria-label="Next finding" onClick={() => onMark(1)}>
              <Icon name="down" />
            </button>
          </>
        )}
        <button
          type="button"
          class="chip is-icon opens-toolbox"
          aria-label="Tools"
          aria-expanded={isOpen}
          aria-controls={TOOLBOX}
          onClick={() => setIsOpen(!isOpen)}
        >
          <Icon name="tools" />
        </button>
      </div>
      <Toolbox id={TOOLBOX} view={view} look={look} isOpen={isOpen} onHelp={onHelp} />
    </div>
  );
}
