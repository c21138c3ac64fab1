import type { CaseStatus, Urgency } from '../graphql/generated/graphql';
import { shell as words } from '../messages/shell';
import { wordOf } from '../messages/values';
import { isPhantom, type Subject } from './words';

export function StatusBadge({ status }: { readonly status: CaseStatus }) {
  return <span class={`badge is-${status.toLowerCase()}`}>{wordOf(status)}</span>;
}

/** Shape and word carry the urgency, not the colour alone. */
export function UrgencyBadge({ urgency }: { readonly urgency: Urgency | null | undefined }) {
  if (!urgency || urgency === 'ROUTINE') return null;
  return (
    <span class={`badge is-${urgency.toLowerCase()}`}>
      <i aria-hidden="true">{urgency === 'URGENT' ? '▲▲' : '▲'}</i> {wordOf(urgency)}
    </span>
  );
}

export function PhantomBadge({ subject }: { readonly subject: Subject & { readonly title: string } }) {
  if (!isPhantom(subject)) return null;
  return (
    <span class="badge is-phantom">
      {/not a patient/i.test(subject.title) ? words.phantom : words.phantomNoPatient}
    </span>
  );
}
