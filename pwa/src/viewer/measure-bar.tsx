import type { Stack } from './frame-source';
import type { HandLook, MeasuringHand } from './measuring-hand';
import type { LosslessPicture } from './picture';
import { valuesOf } from './shape-words';
import { type Measuring, NAMES, type Shape } from './shapes';

interface MeasureBarProps {
  readonly hand: MeasuringHand;
  readonly look: HandLook;
  readonly measuring: Measuring;
  readonly selected: Shape | undefined;
  readonly stack: Stack;
  readonly picture: LosslessPicture | undefined;
}

/** What is chosen or taken up now, in words, with what can be done about it. Always as high: the picture stays put. */
export function MeasureBar({ hand, look, measuring, selected, stack, picture }: MeasureBarProps) {
  return (
    <fieldset class="measure-bar" aria-label="Measuring">
      <p>
        {selected ? (
          <>
            <b>{NAMES[selected.kind]}</b>{' '}
            {selected.fault ? (
              <span class="measure-fault" title={selected.fault}>
                is not saved
              </span>
            ) : (
              [...valuesOf(selected, stack, picture), selected.isOwn ? '' : selected.author].filter(Boolean).join(' · ')
            )}
          </>
        ) : look.tool ? (
          <>
            <b>{NAMES[look.tool]}</b> Press and drag on the picture
          </>
        ) : (
          'Deleted'
        )}
      </p>
      {selected?.fault && (
        <button type="button" class="chip" onClick={() => measuring.onRetry(selected.key)}>
          Try again
        </button>
      )}
      {selected?.isOwn && measuring.mayDraw && (
        <button type="button" class="chip" onClick={() => hand.remove()}>
          Delete
        </button>
      )}
      {!selected && measuring.canUndo && (
        <button type="button" class="chip" onClick={() => hand.undo()}>
          Undo
        </button>
      )}
      <button type="button" class="chip" onClick={() => hand.leave() || measuring.onForget()}>
        Done
      </button>
    </fieldset>
  );
}
