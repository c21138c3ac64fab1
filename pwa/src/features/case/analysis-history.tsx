import { analysisWords as words } from '../../messages/analysis';
import { caseWords } from '../../messages/case';
import { whenOf } from '../../messages/formats';
import { wordOf } from '../../messages/values';
import type { Analysis } from './case-state';

/** All analyses of a case, newest first: which model said what, and when. One of them is enough to say nothing. */
export function AnalysisHistory({ analyses }: { readonly analyses: readonly Analysis[] }) {
  if (analyses.length < 2) return null;
  return (
    <details class="analysis-history">
      <summary>{words.all(analyses.length)}</summary>
      <ol>
        {analyses.map((analysis) => (
          <li key={analysis.id}>
            <span>{words.outcome(whenOf(analysis.finishedAt ?? analysis.queuedAt), outcomeOf(analysis))}</span>
            <small class="muted">{caseWords.modelVersion(analysis.model.name, analysis.model.version)}</small>
          </li>
        ))}
      </ol>
    </details>
  );
}

function outcomeOf({ status, findings, failure }: Analysis): string {
  if (status === 'SUCCEEDED') {
    const above = findings.filter(({ aboveThreshold }) => aboveThreshold).length;
    return above === 0 ? words.nothingAbove : words.above(above);
  }
  return failure ? words.failed(wordOf(status), failure) : wordOf(status);
}
