import { findingWords as words } from '../../messages/findings';
import type { Finding } from './findings';

/** What published rules say of a finding's size: beside the model's word, with what they take for granted. */
export function SizeRules({ categories }: Pick<Finding, 'categories'>) {
  if (categories.length === 0) return null;
  return (
    <details class="size-rules">
      <summary>{words.bySize(categories.map(({ rule, category }) => `${rule} ${category}`).join(' · '))}</summary>
      <dl>
        {categories.map(({ rule, version, category, assumptions }) => (
          <div key={rule}>
            <dt>{words.rule(rule, version, category)}</dt>
            <dd>{words.holdsIf(assumptions.join('; '))}</dd>
          </div>
        ))}
      </dl>
      <p class="muted">{words.noDiagnosis}</p>
    </details>
  );
}
