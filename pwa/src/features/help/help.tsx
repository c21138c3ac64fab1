import { useCallback, useEffect, useState } from 'preact/hooks';
import { messageOf } from '../../graphql/failure';
import { ModelsDocument, type ModelsQuery } from '../../graphql/generated/graphql';
import { request } from '../../graphql/session';
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
      <h1>Help</h1>
      <Notice kind="warning" title="Research software, not a medical device">
        No diagnosis, no treatment and no triage may rest on it. Whoever reads the images answers for the reading.
      </Notice>
      <section aria-labelledby="meaning">
        <h2 id="meaning">What a mark means</h2>
        <ul class="points">
          <li>
            An outline is a place where the model saw what may be a nodule. The percentage is its probability of that.
          </li>
          <li>No mark does not mean no nodule. The model misses some, and looks for nothing else.</li>
          <li>
            A class by size (Lung-RADS, Fleischner) is read from a table for the measured diameter, if the nodule is
            solid.
          </li>
          <li>“What the model went by” shows where the picture mattered to it. It is no outline of a lesion.</li>
        </ul>
      </section>
      {fault && (
        <Notice
          kind="error"
          title="The models could not be read"
          action={{ label: 'Try again', onClick: () => void read() }}
        >
          {fault}
        </Notice>
      )}
      {models?.map((model) => (
        <ModelFacts key={model.id} model={model} />
      ))}
      {models?.length === 0 && <p class="muted">No model is active in your organization.</p>}
      <section aria-labelledby="fingers">
        <h2 id="fingers">Looking through the images</h2>
        <ul class="points">
          <li>
            One finger up and down goes through the slices; two fingers enlarge and move; two taps fit the picture.
          </li>
          <li>Hold, then drag, for brightness and contrast; the buttons below give the usual windows.</li>
          <li>“Preview” on the picture says that the full picture is still on its way: do not read on it.</li>
          <li>With a keyboard, press ? over the images for all keys.</li>
        </ul>
      </section>
      <section aria-labelledby="keeping">
        <h2 id="keeping">Who sees what</h2>
        <ul class="points">
          <li>
            Only your organization and those a case was shared with see it. A patient sees images, and a result only
            once it is released.
          </li>
          <li>Each look at a case is written to an audit trail that cannot be altered unnoticed.</li>
          <li>Left alone for 15 minutes the app signs you out.</li>
        </ul>
      </section>
    </main>
  );
}
