import type { Finding } from './findings';

/** What published rules say of a finding's size: beside the model's word, with what they take for granted. */
export function SizeRules({ categories }: Pick<Finding, 'categories'>) {
  if (categories.length === 0) return null;
  return (
    <details class="size-rules">
      <summary>By size, if solid: {categories.map(({ rule, category }) => `${rule} ${category}`).join(' · ')}</summary>
      <dl>
        {categories.map(({ rule, version, category, assumptions }) => (
          <div key={rule}>
            <dt>
              {rule} {version}: {category}
            </dt>
            <dd>Holds if {assumptions.join('; ')}.</dd>
          </div>
        ))}
      </dl>
      <p class="muted">A table’s class for the measured size, not a diagnosis, and not the model’s word.</p>
    </details>
  );
}
