import type { ModelsQuery } from '../../graphql/generated/graphql';
import { factsOf } from './card-facts';

type Model = ModelsQuery['models'][number];

/** What a model is for and how good it is, in its maker's words, before anyone relies on it. */
export function ModelFacts({ model }: { readonly model: Model }) {
  const { measured, trainedOn, limits, failures } = factsOf(model.card);
  return (
    <section aria-labelledby={model.id}>
      <h2 id={model.id}>{model.title}</h2>
      <p class="muted">
        {model.name}, version {model.version}.{' '}
        {model.ready ? 'Answers now.' : 'The inference server does not serve it now.'}
      </p>
      <p>{model.intendedUse}</p>
      <Facts title="How good it is" facts={measured} isOpen />
      <Facts title="What it cannot do" facts={limits} isOpen />
      <Facts title="Where it failed" facts={failures} />
      <Facts title="What it learned from and was tested on" facts={trainedOn} />
    </section>
  );
}

interface FactsProps {
  readonly title: string;
  readonly facts: readonly string[];
  readonly isOpen?: boolean;
}

function Facts({ title, facts, isOpen = false }: FactsProps) {
  if (facts.length === 0) return null;
  return (
    <details class="facts" open={isOpen}>
      <summary>{title}</summary>
      <ul>
        {facts.map((fact) => (
          <li key={fact}>{fact}</li>
        ))}
      </ul>
    </details>
  );
}
