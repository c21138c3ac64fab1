import { useCallback, useEffect, useState } from 'preact/hooks';
import { messageOf } from '../../graphql/failure';
import { ModelsDocument, type ModelsQuery } from '../../graphql/generated/graphql';
import { request } from '../../graphql/session';
import { help as words } from '../../messages/help';
import { shell } from '../../messages/shell';
import { Notice } from '../../ui/notice';
import { ModelFacts } from './model-facts';
import './help.css';

/** What Hilum is and is not for, what its models can and cannot do, and how the app is used. */
export default function Help() {
  const [models, setModels] = useState<ModelsQuery['models']>();
  const [fault, setFault] = useState<string>();
  const read = useCallback(
    () =>
      request(ModelsDocument, {}).then(
        (answer) => {
          setModels(answer.models.filter(({ active }) => active));
          setFault(undefined);
        },
        (error: unknown) => setFault(messageOf(error)),
      ),
    [],
  );
  useEffect(() => void read(), [read]);
  return (
    <main class="page help">
      <h1>{words.title}</h1>
      <Notice kind="warning" title={words.research}>
        {words.noDiagnosis}
      </Notice>
      <section aria-labelledby="meaning">
        <h2 id="meaning">{words.meaning}</h2>
        <Points of={words.meanings} />
      </section>
      {fault && (
        <Notice kind="error" title={words.notRead} action={{ label: shell.tryAgain, onClick: () => void read() }}>
          {fault}
        </Notice>
      )}
      {models?.map((model) => (
        <ModelFacts key={model.id} model={model} />
      ))}
      {models?.length === 0 && <p class="muted">{words.noModel}</p>}
      <section aria-labelledby="fingers">
        <h2 id="fingers">{words.images}</h2>
        <Points of={words.gestures} />
      </section>
      <section aria-labelledby="keeping">
        <h2 id="keeping">{words.privacy}</h2>
        <Points of={words.privacyPoints} />
      </section>
    </main>
  );
}

function Points({ of }: { readonly of: Readonly<Record<string, string>> }) {
  return (
    <ul class="points">
      {Object.values(of).map((point) => (
        <li key={point}>{point}</li>
      ))}
    </ul>
  );
}
