import { useId, useState } from 'preact/hooks';
import type { AddCommentInput, Audience } from '../../graphql/generated/graphql';
import { numberOf } from '../../messages/formats';
import { talkWords as words } from '../../messages/talk';
import { draftOf, dropDraft, keepDraft } from './drafts';

/** The server's limit, in characters. */
const LONGEST = 4_000;
const COUNTED_FROM = 3_600;

export interface Topic {
  readonly name: string;
  readonly anchor: NonNullable<AddCommentInput['anchor']>;
}

interface CommentFormProps {
  readonly caseId: string;
  /** A patient writes to everyone; there is nobody else to choose. */
  readonly mayChooseAudience: boolean;
  /** The finding that is chosen, which a comment may be about. */
  readonly topic: Topic | undefined;
  readonly onAdd: (input: Omit<AddCommentInput, 'caseId'> & { readonly idempotencyKey: string }) => void;
}

export function CommentForm({ caseId, mayChooseAudience, topic, onAdd }: CommentFormProps) {
  const [draft, setDraft] = useState(() => draftOf(caseId));
  const [audience, setAudience] = useState<Audience>(mayChooseAudience ? 'CLINICIANS' : 'EVERYONE');
  const [isAbout, setIsAbout] = useState(false);
  const id = useId();
  const body = draft.body.trim();
  const length = [...body].length;
  const isTooLong = length > LONGEST;

  const send = (event: Event) => {
    event.preventDefault();
    if (body === '' || isTooLong) return;
    onAdd({ body, audience, idempotencyKey: draft.key, anchor: isAbout && topic ? topic.anchor : null });
    dropDraft(caseId);
    setDraft(draftOf(caseId));
    setIsAbout(false);
  };

  return (
    <form class="comment-form" onSubmit={send}>
      <label class="visually-hidden" for={id}>
        {words.form.label}
      </label>
      <textarea
        id={id}
        rows={2}
        placeholder={words.form.placeholder}
        value={draft.body}
        aria-invalid={isTooLong}
        onInput={(event) => setDraft(keepDraft(caseId, event.currentTarget.value))}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) send(event);
        }}
      />
      {length >= COUNTED_FROM && (
        <p class={isTooLong ? 'too-long' : 'muted'} role="status">
          {words.form.length(numberOf(length), numberOf(LONGEST))}
        </p>
      )}
      <div class="comment-choices">
        {mayChooseAudience && (
          <select
            aria-label={words.form.audience}
            value={audience}
            onChange={(event) => setAudience(event.currentTarget.value as Audience)}
          >
            <option value="CLINICIANS">{words.form.clinicians}</option>
            <option value="EVERYONE">{words.form.everyone}</option>
          </select>
        )}
        {topic && (
          <button type="button" class="chip" aria-pressed={isAbout} onClick={() => setIsAbout(!isAbout)}>
            {words.form.about(topic.name)}
          </button>
        )}
        <button type="submit" class="button is-primary" disabled={body === '' || isTooLong}>
          {words.form.send}
        </button>
      </div>
    </form>
  );
}
