import { useRef } from 'preact/hooks';
import { useStore } from '../../graphql/store';
import { Icon } from '../../ui/icon';
import { Notice } from '../../ui/notice';
import { quantityLines } from '../../viewer/quantity-words';
import { NAMES } from '../../viewer/shapes';
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
  const heading = useRef<HTMLHeadingElement>(null);
  if (measurements?.length === 0 && !deleted && !fault) {
    return mayChange ? <p class="muted">No measurements yet: the ruler and the ellipse are among the tools.</p> : null;
  }
  return (
    <section aria-labelledby="measurements-title">
      <h2 id="measurements-title" ref={heading} tabIndex={-1}>
        Measurements{measurements && ` (${measurements.length})`}
      </h2>
      {fault && (
        <Notice kind="error" title={fault} action={{ label: 'Read again', onClick: () => void state.read() }} />
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
            {NAMES[deleted.kind]} on slice {deleted.frameIndex + 1} deleted.
            <button type="button" class="button is-quiet" onClick={() => state.undo()}>
              <Icon name="undo" /> Undo
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
  const slice = `slice ${frameIndex + 1}`;
  const values = quantityLines(quantities).join(' · ');
  return (
    <li class="measurement" data-measurement={kind}>
      <button type="button" class="finding" aria-pressed={isSelected} onClick={onOpen}>
        <span class="finding-words">
          <b>{[NAMES[kind], values].filter(Boolean).join(' · ')}</b>
          <span class="muted">
            {[slice, isOwn ? 'you' : author.displayName, label].filter(Boolean).join(' · ')}
            {status === 'saving' && ' · saving'}
          </span>
          {fault && <span class="measurement-fault">Not saved: {fault}</span>}
        </span>
      </button>
      {status === 'failed' && (
        <button type="button" class="button is-quiet" onClick={onRetry}>
          Try again
        </button>
      )}
      {isOwn && mayChange && (
        <button type="button" class="button is-quiet" aria-label={`Delete ${NAMES[kind]}, ${slice}`} onClick={onDelete}>
          Delete
        </button>
      )}
    </li>
  );
}
