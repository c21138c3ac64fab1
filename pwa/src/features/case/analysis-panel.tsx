import { whenOf } from '../../messages/formats';
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
      <section class="analysis" aria-label="Analysis">
        <p>Not analyzed yet.</p>
        {start('Start the analysis')}
      </section>
    );
  }
  return (
    <section class="analysis" aria-label="Analysis">
      <Outcome analysis={analysis} />
      <div class="analysis-actions">
        {!isOver(analysis) && mayAnalyze && (
          <button type="button" class="button is-quiet" disabled={isAsking} onClick={() => onCancel(analysis.id)}>
            <Icon name="stop" /> Cancel
          </button>
        )}
        {isOver(analysis) && start('Analyze again')}
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
        <Progress value={progress} label="Analysis" />
      </div>
    );
  }
  if (status === 'UNSUITABLE') {
    return (
      <Notice kind="warning" title="These images do not suit the model">
        {failure ?? 'The model was made for chest CT.'} Nothing was analyzed.
      </Notice>
    );
  }
  if (status === 'FAILED') {
    return (
      <Notice kind="error" title="The analysis failed">
        {failure ?? 'Try again; if it fails again, tell your administrator.'}
      </Notice>
    );
  }
  if (status === 'SUCCEEDED') {
    const { uncertainty } = analysis;
    const sureness =
      uncertainty === null || uncertainty === undefined ? '' : ` · uncertainty ${Math.round(uncertainty * 100)} %`;
    return (
      <p class="muted" role="status">
        Finished{finishedAt && ` ${whenOf(finishedAt)}`}
        {sureness}
      </p>
    );
  }
  return (
    <p class="muted" role="status">
      {wordOf(status)}
    </p>
  );
}
