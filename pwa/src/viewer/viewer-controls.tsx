import { useEffect, useRef, useState } from 'preact/hooks';
import { viewerWords as words } from '../messages/viewer';
import { Icon } from '../ui/icon';
import { titleOf } from './keys';
import type { Look } from './look';
import type { Mark } from './marks';
import type { MeasuringHand } from './measuring-hand';
import type { OverlayState } from './overlay-state';
import type { StackView } from './stack-view';
import { Toolbox } from './toolbox';

interface ViewerControlsProps {
  readonly view: StackView;
  readonly look: Look;
  readonly marks: readonly Mark[];
  readonly overlay: OverlayState | undefined;
  /** Undefined for who may not draw. */
  readonly hand: MeasuringHand | undefined;
  readonly onMark: (direction: 1 | -1) => void;
  readonly onHelp: () => void;
}

const TOOLBOX = 'viewer-toolbox';

/** The position bar and the window presets, where a thumb reaches them. */
export function ViewerControls({ view, look, marks, overlay, hand, onMark, onHelp }: ViewerControlsProps) {
  const [isOpen, setIsOpen] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  useClosing(isOpen, opener, () => setIsOpen(false));
  const { frameCount } = view.stack;
  const here = marks.filter(({ frameIndex }) => frameIndex === look.index).map(({ description }) => description);
  const spoken = [words.sliceOf(look.index + 1, frameCount), ...here].join(', ');
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
          aria-label={words.slice}
          aria-valuetext={spoken}
          onInput={(event) => view.go(event.currentTarget.valueAsNumber)}
        />
      </div>
      <div class="tools">
        <fieldset class="presets" aria-label={words.window}>
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
            aria-label={words.overlay.show}
            title={titleOf('overlay')}
            onClick={overlay.toggle}
          >
            <Icon name="overlay" />
          </button>
        )}
        {marks.length > 0 && (
          <>
            <button type="button" class="chip is-icon" aria-label={words.previousFinding} onClick={() => onMark(-1)}>
              <Icon name="up" />
            </button>
            <button type="button" class="chip is-icon" aria-label={words.nextFinding} onClick={() => onMark(1)}>
              <Icon name="down" />
            </button>
          </>
        )}
        <button
          ref={opener}
          type="button"
          class="chip is-icon opens-toolbox"
          title={words.tools}
          aria-label={words.tools}
          aria-expanded={isOpen}
          aria-controls={TOOLBOX}
          onClick={() => setIsOpen(!isOpen)}
        >
          <Icon name="tools" />
        </button>
      </div>
      <Toolbox
        id={TOOLBOX}
        view={view}
        look={look}
        hand={hand}
        isOpen={isOpen}
        onHelp={onHelp}
        onTaken={() => setIsOpen(false)}
      />
    </div>
  );
}

/** The sheet lies over the findings: it closes by Escape, and before the focus could go where it hides it. */
function useClosing(isOpen: boolean, opener: { readonly current: HTMLButtonElement | null }, close: () => void): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: `close` is new at each drawing and always does the same
  useEffect(() => {
    if (!isOpen) return;
    const viewer = opener.current?.closest('.viewer');
    const leave = ({ target }: FocusEvent) => {
      if (target instanceof Node && !viewer?.contains(target)) close();
    };
    const press = ({ key }: KeyboardEvent) => {
      // A dialog that is open takes this Escape for itself.
      if (key !== 'Escape' || document.querySelector('dialog[open]')) return;
      close();
      if (document.activeElement?.closest('.toolbox')) opener.current?.focus();
    };
    document.addEventListener('focusin', leave);
    document.addEventListener('keydown', press);
    return () => {
      document.removeEventListener('focusin', leave);
      document.removeEventListener('keydown', press);
    };
  }, [isOpen]);
}
