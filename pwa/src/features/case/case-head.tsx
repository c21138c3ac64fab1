import { caseWords as words } from '../../messages/case';
import { whenOf } from '../../messages/formats';
import { wordOf } from '../../messages/values';
import { PhantomBadge, StatusBadge, UrgencyBadge } from '../../ui/badges';
import { Icon } from '../../ui/icon';
import { addressTo } from '../../ui/route';
import { nameOf } from '../../ui/words';
import { PinControl } from '../pins/pin-control';
import type { CaseDetail } from './case-state';

export function CaseHead({ detail }: { readonly detail: CaseDetail }) {
  const { patient, studies, title } = detail;
  const study = studies[0];
  const sexes: Readonly<Record<string, string>> = words.sexes;
  const facts = [
    patient?.name && nameOf(patient.name),
    patient?.patientId && words.patientId(patient.patientId),
    patient?.birthDate && words.born(patient.birthDate),
    patient?.sex && (sexes[patient.sex] ?? wordOf(patient.sex)),
    study?.description,
    study?.startedAt && whenOf(study.startedAt),
  ].filter(Boolean);
  return (
    <header class="case-head">
      <a class="icon-button back" href={addressTo({ screen: 'worklist' })} aria-label={words.backToWorklist}>
        <Icon name="back" />
      </a>
      <div class="case-head-words">
        <h1>{title}</h1>
        {facts.length > 0 && <p class="muted">{facts.join(' · ')}</p>}
      </div>
      <div class="badges">
        <UrgencyBadge urgency={detail.urgency} />
        <StatusBadge status={detail.status} />
        <PhantomBadge subject={detail} />
      </div>
      <PinControl caseId={detail.id} hasPictures={hasPictures(detail)} />
    </header>
  );
}

function hasPictures({ studies }: CaseDetail): boolean {
  return studies.some(({ series }) => series.some(({ stacks }) => stacks.length > 0));
}
