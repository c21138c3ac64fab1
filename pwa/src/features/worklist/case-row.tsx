import type { CaseRowFragment } from '../../graphql/generated/graphql';
import { agoOf, whenOf } from '../../messages/formats';
import { wordOf } from '../../messages/values';
import { worklist as words } from '../../messages/worklist';
import { PhantomBadge, StatusBadge, UrgencyBadge } from '../../ui/badges';
import { Icon } from '../../ui/icon';
import { Progress } from '../../ui/progress';
import { addressTo } from '../../ui/route';
import { ageOf, nameOf } from '../../ui/words';
import { Thumbnail } from './thumbnail';

interface CaseRowProps {
  readonly row: CaseRowFragment;
  readonly isOpen: boolean;
}

export function CaseRow({ row, isOpen }: CaseRowProps) {
  const study = row.studies[0];
  const pictured = row.studies.flatMap(({ series }) => series).find((series) => series.thumbnail);
  const analysis = row.latestAnalysis;
  const isRunning = analysis?.status === 'RUNNING' || analysis?.status === 'QUEUED';
  const details = [
    row.patient?.name ? nameOf(row.patient.name) : row.patient?.patientId,
    row.patient && yearsAndSex(row.patient, study?.startedAt ?? row.createdAt),
    study?.modalities.join(', '),
    study?.startedAt && whenOf(study.startedAt),
  ].filter(Boolean);
  return (
    <li>
      <a
        class="case-row"
        href={addressTo({ screen: 'case', caseId: row.id })}
        aria-current={isOpen ? 'page' : undefined}
      >
        {pictured?.thumbnail ? (
          <Thumbnail seriesId={pictured.id} url={pictured.thumbnail.url} />
        ) : (
          <span class="no-picture" />
        )}
        <span class="case-words">
          <span class="case-first">
            <b class="case-title">{row.title}</b>
            <small class="muted">{agoOf(row.updatedAt)}</small>
          </span>
          <span class="muted case-details">{details.join(' · ')}</span>
          <span class="badges">
            <UrgencyBadge urgency={row.urgency} />
            <StatusBadge status={row.status} />
            {row.unreadComments > 0 && (
              <span class="unread">
                <Icon name="comment" /> {words.unread(row.unreadComments)}
              </span>
            )}
            <PhantomBadge subject={row} />
            {analysis && <span class="muted">{outcomeOf(analysis)}</span>}
          </span>
          {isRunning && <Progress value={analysis.progress} label={words.analysisOf(row.title)} />}
        </span>
      </a>
    </li>
  );
}

/** "64 F", as worklists write it, on the day of the scan. */
function yearsAndSex(patient: NonNullable<CaseRowFragment['patient']>, at: string): string {
  const age = patient.birthDate ? ageOf(patient.birthDate, at) : undefined;
  return [age, patient.sex].filter((each) => each !== undefined && each !== null && each !== '').join(' ');
}

function outcomeOf(analysis: NonNullable<CaseRowFragment['latestAnalysis']>): string {
  if (analysis.status === 'SUCCEEDED') {
    const above = analysis.findings.filter(({ aboveThreshold }) => aboveThreshold).length;
    return above === 0 ? words.noFinding : words.findings(above);
  }
  return analysis.status === 'RUNNING' ? wordOf(analysis.stage) : wordOf(analysis.status);
}
