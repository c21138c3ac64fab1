import { useEffect, useRef } from 'preact/hooks';
import { useStore } from '../../graphql/store';
import { agoOf, whenOf } from '../../messages/formats';
import { talkWords as words } from '../../messages/talk';
import { wordOf } from '../../messages/values';
import { Notice } from '../../ui/notice';
import { CommentForm, type Topic } from './comment-form';
import type { Comment, TalkState } from './talk-state';
import { piecesOf } from './text';
import { UnsentComments, useUnsent } from './unsent-comments';
import './talk.css';

interface CommentsProps {
  readonly caseId: string;
  readonly state: TalkState;
  readonly viewerId: string;
  readonly mayComment: boolean;
  readonly isPatient: boolean;
  readonly topic: Topic | undefined;
  /** Number of a finding on screen, by its id. */
  readonly numberOf: (findingId: string) => number | undefined;
  readonly onFinding: (findingId: string) => void;
}

export function Comments(props: CommentsProps) {
  const { caseId, state, viewerId, mayComment, isPatient, topic, numberOf, onFinding } = props;
  const { comments, earlier, fault } = useStore(state.look);
  const unsent = useUnsent(caseId);
  const end = useRef<HTMLLIElement>(null);
  const newest = unsent.at(-1)?.id ?? comments?.at(-1)?.id;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new comment is what brings the end into view
  useEffect(() => end.current?.scrollIntoView({ block: 'nearest' }), [newest]);
  return (
    <section class="talk" aria-label={words.title}>
      {fault && (
        <Notice
          kind="error"
          title={words.unreadable}
          action={{ label: words.tryAgain, onClick: () => void state.read() }}
        >
          {fault}
        </Notice>
      )}
      {earlier !== undefined && (
        <button type="button" class="button is-quiet" onClick={() => void state.readEarlier()}>
          {words.earlier}
        </button>
      )}
      {comments?.length === 0 && unsent.length === 0 && <p class="muted">{words.none}</p>}
      <ol class="comments" aria-live="polite">
        {comments?.map((comment) => (
          <Line
            key={comment.id}
            comment={comment}
            isOwn={comment.author.id === viewerId}
            isPatient={isPatient}
            number={comment.anchor?.finding ? numberOf(comment.anchor.finding.id) : undefined}
            onFinding={onFinding}
          />
        ))}
        <UnsentComments all={unsent} />
        <li ref={end} aria-hidden="true" />
      </ol>
      {mayComment && (
        <CommentForm caseId={caseId} mayChooseAudience={!isPatient} topic={topic} onAdd={(input) => state.add(input)} />
      )}
    </section>
  );
}

interface LineProps {
  readonly comment: Comment;
  readonly isOwn: boolean;
  readonly isPatient: boolean;
  readonly number: number | undefined;
  readonly onFinding: (findingId: string) => void;
}

function Line({ comment, isOwn, isPatient, number, onFinding }: LineProps) {
  const { author, createdAt, editedAt, audience, anchor, deleted, body, mentions } = comment;
  const findingId = anchor?.finding?.id;
  return (
    <li class={`comment ${isOwn ? 'is-own' : ''}`} data-comment={comment.id}>
      <p class="comment-head">
        <b>{isOwn ? words.you : author.displayName}</b>
        {author.role === 'PATIENT' && !isOwn && <span class="badge">{wordOf(author.role)}</span>}
        <time class="muted" dateTime={createdAt} title={whenOf(createdAt)}>
          {editedAt ? words.changed(agoOf(createdAt)) : agoOf(createdAt)}
        </time>
        {audience === 'EVERYONE' && !isPatient && <span class="badge is-priority">{words.patientReads}</span>}
      </p>
      {findingId !== undefined && number !== undefined && (
        <button type="button" class="chip" onClick={() => onFinding(findingId)}>
          {words.ofFinding(number, (anchor?.frameIndex ?? 0) + 1)}
        </button>
      )}
      {anchor && number === undefined && <p class="muted">{words.ofSlice(anchor.frameIndex + 1)}</p>}
      {deleted ? (
        <p class="muted">{words.takenBack}</p>
      ) : (
        <p class="comment-body">
          {piecesOf(body, mentions).map((piece, at) => {
            if (piece.kind === 'words') return piece.text;
            if (piece.kind === 'person') return <b key={at}>{piece.text}</b>;
            return (
              <a key={at} href={piece.href} target="_blank" rel="noopener noreferrer">
                {piece.text}
              </a>
            );
          })}
        </p>
      )}
    </li>
  );
}
