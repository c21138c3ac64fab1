import { whenOf } from '../../messages/formats';
import { wordOf } from '../../messages/values';
import { plural } from '../../ui/words';
import type { Analysis } from './case-state';

/** All analyses of a case, newest first: which model said what, and when. One of them is enough to say nothing. */
export function AnalysisHistory({ analyses }: { readonly analyses: readonly Analysis[] }) {
  if (analyses.length < 2) return null;
  return (
    <details class="analysis-history">
      <summary>All analyses ({analyses.length})</summary>
      <ol>
        {analyses.map((analysis) => (
          <li key={analysis.id}>
            <span>
              {whenOf(analysis.finishedAt ?? analysis.queuedAt)}: {outcomeOf(analysis)}
            </span>
            <small class="muted">
              {analysis.model.name}, version {analysis.model.version}
            </small>
          </li>
        ))}
      </ol>
    </details>
  );
}

function outcomeOf({ status, findings, failure }: Analysis): string {
  if (status === 'SUCCEEDED') {
    const above = findings.filter(({ aboveThreshold }) => aboveThreshold).length;
    return above === 0 ? 'no finding above the threshold' : plural(above, 'finding');
  }
  return failure ? `${wordOf(status)}. ${failure}` : wordOf(status);
}
