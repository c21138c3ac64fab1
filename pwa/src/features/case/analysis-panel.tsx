import { analysisWords as words } from '../../messages/analysis';
import { percentOf, whenOf } from '../../messages/formats';
import { wordOf } from '../../messages/values';
import { Icon } from '../../ui/icon';
import { Notice } from '../../ui/notice';
import { Progress } from '../../ui/progress';
import { type Analysis, isOver } from './case-state';

interface AnalysisPanelProps {
  readonly analysis: Analysis | undefined;
  readonly mayAnalyze: boolean;
  readonly isAsking: boolean;
  readonly onStart: () => void;
  readonly onCancel: (analysisId: string) => void;
}

/** What the analysis does or said, and the next step. */
export function AnalysisPanel({ analysis, mayAnalyze, isAsking, onStart, onCancel }: AnalysisPanelProps) {
  const start = (label: string) =>
    mayAnalyze && (
      <button type="button" class="button is-quiet" disabled={isAsking} onClick={onStart}>
        <Icon name="again" /> {label}
      </button>
    );
  if (!analysis) {
    return (
      <section class="analysis" aria-label={words.title}>
        <p>{words.notYet}</p>
        {start(words.start)}
      </section>
    );
  }
  return (
    <section class="analysis" aria-label={words.title}>
      <Outcome analysis={analysis} />
      <div class="analysis-actions">
        {!isOver(analysis) && mayAnalyze && (
          <button type="button" class="button is-quiet" disabled={isAsking} onClick={() => onCancel(analysis.id)}>
            <Icon name="stop" /> {words.cancel}
          </button>
        )}
        {isOver(analysis) && start(words.again)}
      </div>
    </section>
  );
}

function Outcome({ analysis }: { readonly analysis: Analysis }) {
  const { status, stage, progress, failure, finishedAt } = analysis;
  if (status === 'QUEUED' || status === 'RUNNING') {
    return (
      <div>
        <p role="status" class="stage">
          {wordOf(stage)}
        </p>
        <Progress value={progress} label={words.title} />
      </div>
    );
  }
  if (status === 'UNSUITABLE') {
    return (
      <Notice kind="warning" title={words.unsuitable}>
        {words.unsuitableWhy(failure ?? words.madeFor)}
      </Notice>
    );
  }
  if (status === 'FAILED') {
    return (
      <Notice kind="error" title={words.failure}>
        {failure ?? words.failureRemedy}
      </Notice>
    );
  }
  if (status === 'SUCCEEDED') {
    const { uncertainty } = analysis;
    const facts = [
      finishedAt ? words.finishedAt(whenOf(finishedAt)) : words.finished,
      typeof uncertainty === 'number' && words.uncertainty(percentOf(uncertainty)),
    ];
    return (
      <p class="muted" role="status">
        {facts.filter(Boolean).join(' · ')}
      </p>
    );
  }
  return (
    <p class="muted" role="status">
      {wordOf(status)}
    </p>
  );
}
