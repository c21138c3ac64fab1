import { useRef } from 'preact/hooks';
import { useStore } from '../../graphql/store';
import { measurementWords as words } from '../../messages/measurements';
import { quantityWords } from '../../messages/quantities';
import { Icon } from '../../ui/icon';
import { Notice } from '../../ui/notice';
import { quantityLines } from '../../viewer/quantity-words';
import { inOrder, type Measurement } from './measurement';
import type { MeasurementsState } from './measurements-state';
import './measurements.css';

interface MeasurementsListProps {
  readonly state: MeasurementsState;
  readonly viewerId: string;
  readonly mayChange: boolean;
  readonly onOpen: (measurement: Measurement) => void;
}

/** Everybody's measurements of a case in words; touching one brings its slice to the screen. */
export function MeasurementsList({ state, viewerId, mayChange, onOpen }: MeasurementsListProps) {
  const { measurements, selected, deleted, fault } = useStore(state.look);
  const { kinds } = quantityWords;
  const heading = useRef<HTMLHeadingElement>(null);
  if (measurements?.length === 0 && !deleted && !fault) {
    return mayChange ? <p class="muted">{words.none}</p> : null;
  }
  return (
    <section aria-labelledby="measurements-title">
      <h2 id="measurements-title" ref={heading} tabIndex={-1}>
        {measurements ? words.counted(measurements.length) : words.title}
      </h2>
      {fault && (
        <Notice kind="error" title={fault} action={{ label: words.readAgain, onClick: () => void state.read() }} />
      )}
      <ol class="measurements">
        {inOrder(measurements ?? []).map((each) => (
          <Row
            key={each.key}
            measurement={each}
            isOwn={each.author.id === viewerId}
            isSelected={each.key === selected?.key}
            mayChange={mayChange}
            onOpen={() => onOpen(each)}
            onRetry={() => state.retry(each.key)}
            onDelete={() => {
              state.delete(each.key);
              // The button that had the focus goes with its row.
              heading.current?.focus();
            }}
          />
        ))}
      </ol>
      <div role="status">
        {deleted && mayChange && (
          <p class="measurement-deleted">
            {words.deleted(kinds[deleted.kind], deleted.frameIndex + 1)}
            <button type="button" class="button is-quiet" onClick={() => state.undo()}>
              <Icon name="undo" /> {words.undo}
            </button>
          </p>
        )}
      </div>
    </section>
  );
}

interface RowProps {
  readonly measurement: Measurement;
  readonly isOwn: boolean;
  readonly isSelected: boolean;
  readonly mayChange: boolean;
  readonly onOpen: () => void;
  readonly onRetry: () => void;
  readonly onDelete: () => void;
}

function Row({ measurement, isOwn, isSelected, mayChange, onOpen, onRetry, onDelete }: RowProps) {
  const { kind, quantities, frameIndex, author, label, status, fault } = measurement;
  const name = quantityWords.kinds[kind];
  const values = quantityLines(quantities).join(' · ');
  const facts = [
    words.slice(frameIndex + 1),
    isOwn ? words.you : author.displayName,
    label,
    status === 'saving' && words.saving,
  ];
  return (
    <li class="measurement" data-measurement={kind}>
      <button type="button" class="finding" aria-pressed={isSelected} onClick={onOpen}>
        <span class="finding-words">
          <b>{[name, values].filter(Boolean).join(' · ')}</b>
          <span class="muted">{facts.filter(Boolean).join(' · ')}</span>
          {fault && <span class="measurement-fault">{words.notSaved(fault)}</span>}
        </span>
      </button>
      {status === 'failed' && (
        <button type="button" class="button is-quiet" onClick={onRetry}>
          {words.tryAgain}
        </button>
      )}
      {isOwn && mayChange && (
        <button
          type="button"
          class="button is-quiet"
          aria-label={words.deleteWhich(name, frameIndex + 1)}
          onClick={onDelete}
        >
          {words.delete}
        </button>
      )}
    </li>
  );
}
