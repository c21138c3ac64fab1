import { measuringWords as words } from '../messages/measuring';
import { quantityWords } from '../messages/quantities';
import type { Stack } from './frame-source';
import type { HandLook, MeasuringHand } from './measuring-hand';
import type { LosslessPicture } from './picture';
import { valuesOf } from './shape-words';
import type { Measuring, Shape } from './shapes';

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
    <fieldset class="measure-bar" aria-label={words.title}>
      <p>
        {selected ? (
          <>
            <b>{quantityWords.kinds[selected.kind]}</b>{' '}
            {selected.fault ? (
              <span class="measure-fault" title={selected.fault}>
                {words.isNotSaved}
              </span>
            ) : (
              [...valuesOf(selected, stack, picture), selected.isOwn ? '' : selected.author].filter(Boolean).join(' · ')
            )}
          </>
        ) : look.tool ? (
          <>
            <b>{quantityWords.kinds[look.tool]}</b> {words.drag}
          </>
        ) : (
          words.deleted
        )}
      </p>
      {selected?.fault && (
        <button type="button" class="chip" onClick={() => measuring.onRetry(selected.key)}>
          {words.tryAgain}
        </button>
      )}
      {selected?.isOwn && measuring.mayDraw && (
        <button type="button" class="chip" onClick={() => hand.remove()}>
          {words.delete}
        </button>
      )}
      {!selected && measuring.canUndo && (
        <button type="button" class="chip" onClick={() => hand.undo()}>
          {words.undo}
        </button>
      )}
      <button type="button" class="chip" onClick={() => hand.leave() || measuring.onForget()}>
        {words.done}
      </button>
    </fieldset>
  );
}
