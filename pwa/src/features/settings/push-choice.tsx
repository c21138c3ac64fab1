import { useEffect, useState } from 'preact/hooks';
import { messageOf } from '../../graphql/failure';
import { PushKeyDocument } from '../../graphql/generated/graphql';
import { request } from '../../graphql/session';
import { type PushState, pushState, startPush, stopPush } from '../../offline/push';
import { Notice } from '../../ui/notice';

const WORDS: Record<PushState, string> = {
  on: 'This device tells you of news while Hilum is closed, without names and without findings.',
  off: 'Be told of urgent findings, answers and results while Hilum is closed, without names and without findings.',
  refused: 'This browser was told not to show notifications of Hilum. Its own settings for this site change that.',
  unsupported:
    'This browser shows no notifications of Hilum. On an iPhone add it to the home screen first, and open it from there.',
};

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
  return (
    <section aria-labelledby="push">
      <h2 id="push">Notifications on this device</h2>
      {fault && <Notice kind="error" title={fault} />}
      <p class="muted">{key === null ? 'This server sends no notifications to devices.' : WORDS[state]}</p>
      {key && state === 'off' && (
        <button type="button" class="button" disabled={isBusy} onClick={() => void change(() => startPush(key))}>
          Switch on
        </button>
      )}
      {state === 'on' && (
        <button type="button" class="button" disabled={isBusy} onClick={() => void change(stopPush)}>
          Switch off
        </button>
      )}
    </section>
  );
}
