import type { ComponentChildren } from 'preact';
import { whenOf } from '../../messages/formats';
import { wordOf } from '../../messages/values';
import type { Analysis } from './case-state';
import { type NumberedFinding, percentOf } from './findings';
import { SizeRules } from './size-rules';

interface FindingsListProps {
  readonly findings: readonly NumberedFinding[];
  /** The analysis that found them, where it is not the newest one. */
  readonly origin: Analysis | undefined;
  readonly selectedId: string | undefined;
  readonly isAllShown: boolean;
  readonly onSelect: (id: string) => void;
  readonly onShowAll: (isShown: boolean) => void;
  /** Drawn below each finding: what people think of it. */
  readonly opinionsOf: (each: NumberedFinding, isSelected: boolean) => ComponentChildren;
}

export function FindingsList(props: FindingsListProps) {
  const { findings, origin, selectedId, isAllShown, onSelect, onShowAll, opinionsOf } = props;
  const above = findings.filter(({ finding }) => finding.aboveThreshold);
  const below = findings.filter(({ finding }) => !finding.aboveThreshold);
  const rows = (list: readonly NumberedFinding[]) =>
    list.map((each) => (
      <Row key={each.finding.id} each={each} isSelected={each.finding.id === selectedId} onSelect={onSelect}>
        {opinionsOf(each, each.finding.id === selectedId)}
      </Row>
    ));
  return (
    <section aria-label="Findings">
      <h2>{above.length === 0 ? 'No finding above the threshold' : `Findings (${above.length})`}</h2>
      {origin && <p class="muted">Of the earlier analysis, {whenOf(origin.finishedAt ?? origin.queuedAt)}</p>}
      {above.length === 0 && (
        <p class="muted">
          The model marked nothing at its operating point. That does not rule a nodule out: read the images.
        </p>
      )}
      <ol class="findings">{rows(above)}</ol>
      {below.length > 0 && (
        <details open={isAllShown} onToggle={(event) => onShowAll(event.currentTarget.open)}>
          <summary>Less probable, below the threshold ({below.length})</summary>
          <ol class="findings">{rows(below)}</ol>
        </details>
      )}
    </section>
  );
}

interface RowProps {
  readonly each: NumberedFinding;
  readonly isSelected: boolean;
  readonly onSelect: (id: string) => void;
  readonly children: ComponentChildren;
}

function Row({ each: { finding, number }, isSelected, onSelect, children }: RowProps) {
  const { id, label, probability, aboveThreshold, diameterMm, anchor } = finding;
  return (
    <li>
      <button
        type="button"
        class={`finding ${aboveThreshold ? 'is-strong' : 'is-weak'}`}
        aria-pressed={isSelected}
        data-finding={id}
        onClick={() => onSelect(id)}
      >
        <span class="finding-number">{number}</span>
        <span class="finding-words">
          <b>
            {wordOf(label)}
            {diameterMm !== null && diameterMm !== undefined && ` · ${diameterMm.toFixed(1)} mm`}
          </b>
          <span class="muted">
            {aboveThreshold ? 'Above threshold' : 'Below threshold'}
            {anchor && ` · slice ${anchor.frameIndex + 1}`}
          </span>
        </span>
        <span class="finding-probability">
          {percentOf(probability)}
          <i style={{ width: `${probability * 100}%` }} aria-hidden="true" />
        </span>
      </button>
      {isSelected && <SizeRules categories={finding.categories} />}
      {children}
    </li>
  );
}
