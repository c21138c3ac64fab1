import { useState } from 'preact/hooks';
import { useStore } from '../../graphql/store';
import { agoOf } from '../../messages/formats';
import { talkWords as words } from '../../messages/talk';
import { discard, isOf, outbox, sendAgain, type Unsent } from '../../offline/outbox';
import { Icon } from '../../ui/icon';

type UnsentComment = Unsent<'addComment'>;

/** What was written about this case and is not with the server yet, in the order of writing. */
export function useUnsent(caseId: string): readonly UnsentComment[] {
  return useStore(outbox).filter(
    (unsent) => isOf('addComment', unsent) && unsent.subject === caseId,
  ) as UnsentComment[];
}

export function UnsentComments({ all }: { readonly all: readonly UnsentComment[] }) {
  return all.map((unsent) => <UnsentLine key={unsent.id} unsent={unsent} />);
}

function UnsentLine({ unsent }: { readonly unsent: UnsentComment }) {
  const { input, writtenAt, refusal, isKept } = unsent;
  return (
    <li class={`comment is-own is-unsent ${refusal === undefined ? '' : 'is-refused'}`}>
      <p class="comment-head">
        <b>{words.you}</b>
        <time class="muted" dateTime={writtenAt}>
          {agoOf(writtenAt)}
        </time>
        <span class="unsent-mark">
          <Icon name={refusal === undefined ? 'clock' : 'error'} />
          {refusal === undefined ? words.unsent.waiting : words.unsent.refused}
        </span>
      </p>
      <p class="comment-body">{input.body}</p>
      {refusal === undefined && !isKept && <p class="muted">{words.unsent.notKept}</p>}
      {refusal !== undefined && <Refused unsent={unsent} refusal={refusal} />}
    </li>
  );
}

function Refused({ unsent, refusal }: { readonly unsent: UnsentComment; readonly refusal: string }) {
  const [copied, setCopied] = useState<string>();
  const copy = () =>
    navigator.clipboard.writeText(unsent.input.body).then(
      () => setCopied(words.unsent.copied),
      () => setCopied(words.unsent.copyByHand),
    );
  return (
    <>
      <p role="alert" class="too-long">
        {refusal}
      </p>
      <div class="unsent-actions">
        <button type="button" class="button is-quiet" onClick={() => void copy()}>
          {words.unsent.copy}
        </button>
        <button type="button" class="button is-quiet" onClick={() => void sendAgain(unsent)}>
          {words.tryAgain}
        </button>
        <button type="button" class="button is-quiet" onClick={() => void discard(unsent)}>
          {words.unsent.discard}
        </button>
      </div>
      {copied && (
        <p role="status" class="muted">
          {copied}
        </p>
      )}
    </>
  );
}
