import { useEffect, useState } from 'preact/hooks';
import { messageOf } from '../../graphql/failure';
import { PushKeyDocument } from '../../graphql/generated/graphql';
import { request } from '../../graphql/session';
import { settings } from '../../messages/settings';
import { type PushState, pushState, startPush, stopPush } from '../../offline/push';
import { Notice } from '../../ui/notice';

export function PushChoice() {
  const [state, setState] = useState<PushState>();
  const [key, setKey] = useState<string | null>();
  const [fault, setFault] = useState<string>();
  const [isBusy, setIsBusy] = useState(false);
  const tell = (error: unknown) => setFault(messageOf(error));
  // biome-ignore lint/correctness/useExhaustiveDependencies: read once; what follows is the user's doing
  useEffect(() => {
    pushState().then(setState, tell);
    request(PushKeyDocument, {}).then(({ viewer }) => setKey(viewer?.pushPublicKey ?? null), tell);
  }, []);

  const change = async (work: () => Promise<PushState>) => {
    setIsBusy(true);
    setFault(undefined);
    try {
      setState(await work());
    } catch (error) {
      tell(error);
    }
    setIsBusy(false);
  };

  if (state === undefined) return null;
  const { push: words } = settings;
  return (
    <section aria-labelledby="push">
      <h2 id="push">{words.title}</h2>
      {fault && <Notice kind="error" title={fault} />}
      <p class="muted">{key === null ? words.noKey : words.states[state]}</p>
      {key && state === 'off' && (
        <button type="button" class="button" disabled={isBusy} onClick={() => void change(() => startPush(key))}>
          {words.switchOn}
        </button>
      )}
      {state === 'on' && (
        <button type="button" class="button" disabled={isBusy} onClick={() => void change(stopPush)}>
          {words.switchOff}
        </button>
      )}
    </section>
  );
}
