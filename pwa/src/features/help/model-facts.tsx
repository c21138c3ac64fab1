import type { ModelsQuery } from '../../graphql/generated/graphql';
import { help } from '../../messages/help';
import { factsOf } from './card-facts';

type Model = ModelsQuery['models'][number];

/** What a model is for and how good it is, in its maker's words, before anyone relies on it. */
export function ModelFacts({ model }: { readonly model: Model }) {
  const { model: words } = help;
  const { measured, trainedOn, limits, failures } = factsOf(model.card);
  return (
    <section aria-labelledby={model.id}>
      <h2 id={model.id}>{model.title}</h2>
      <p class="muted">
        {model.ready ? words.answers(model.name, model.version) : words.isNotServed(model.name, model.version)}
      </p>
      <p>{model.intendedUse}</p>
      <Facts title={words.measured} facts={measured} isOpen />
      <Facts title={words.limits} facts={limits} isOpen />
      <Facts title={words.failures} facts={failures} />
      <Facts title={words.trainedOn} facts={trainedOn} />
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
