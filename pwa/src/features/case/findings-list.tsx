import type { ComponentChildren } from 'preact';
import { findingWords as words } from '../../messages/findings';
import { millimetresOf, whenOf } from '../../messages/formats';
import { wordOf } from '../../messages/values';
import type { Analysis } from './case-state';
import { type NumberedFinding, probabilityOf } from './findings';
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
    <section aria-label={words.title}>
      <h2>{above.length === 0 ? words.none : words.counted(above.length)}</h2>
      {origin && <p class="muted">{words.ofEarlier(whenOf(origin.finishedAt ?? origin.queuedAt))}</p>}
      {above.length === 0 && <p class="muted">{words.noneRulesNothingOut}</p>}
      <ol class="findings">{rows(above)}</ol>
      {below.length > 0 && (
        <details open={isAllShown} onToggle={(event) => onShowAll(event.currentTarget.open)}>
          <summary>{words.below(below.length)}</summary>
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
            {[wordOf(label), typeof diameterMm === 'number' && millimetresOf(diameterMm)].filter(Boolean).join(' · ')}
          </b>
          <span class="muted">
            {[
              aboveThreshold ? words.aboveThreshold : words.belowThreshold,
              anchor && words.slice(anchor.frameIndex + 1),
            ]
              .filter(Boolean)
              .join(' · ')}
          </span>
        </span>
        <span class="finding-probability">
          {probabilityOf(probability)}
          <i style={{ width: `${probability * 100}%` }} aria-hidden="true" />
        </span>
      </button>
      {isSelected && <SizeRules categories={finding.categories} />}
      {children}
    </li>
  );
}
