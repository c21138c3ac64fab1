import { useState } from 'preact/hooks';
import { useStore } from '../../graphql/store';
import { whenOf } from '../../messages/formats';
import { readingWords as words } from '../../messages/reading';
import { UrgencyBadge } from '../../ui/badges';
import { Notice } from '../../ui/notice';
import { Reports } from '../reports/reports';
import { dropReadingDraft, readingDraftOf } from './draft';
import type { ReadingState, Review } from './reading-state';
import { ReleaseForm } from './release-form';
import { SignForm } from './sign-form';
import './reading.css';

interface ReadingsProps {
  readonly caseId: string;
  readonly state: ReadingState;
  readonly signer: string;
  readonly maySign: boolean;
  readonly mayRelease: boolean;
}

/** What colleagues signed, and one's own reading. */
export function Readings({ caseId, state, signer, maySign, mayRelease }: ReadingsProps) {
  const { reviews, fault } = useStore(state.look);
  const [isSigning, setIsSigning] = useState(() => readingDraftOf(caseId) !== undefined);
  return (
    <section class="readings" aria-label={words.title}>
      {fault && (
        <Notice
          kind="error"
          title={words.unreadable}
          action={{ label: words.tryAgain, onClick: () => void state.read() }}
        >
          {fault}
        </Notice>
      )}
      {reviews?.length === 0 && !isSigning && <p class="muted">{words.none}</p>}
      {maySign && !isSigning && (
        <button type="button" class="button is-primary" onClick={() => setIsSigning(true)}>
          {words.write}
        </button>
      )}
      {isSigning && (
        <SignForm
          caseId={caseId}
          signer={signer}
          mayRelease={mayRelease}
          onCancel={() => {
            dropReadingDraft(caseId);
            setIsSigning(false);
          }}
          onSign={async (input) => {
            await state.sign(input);
            setIsSigning(false);
          }}
        />
      )}
      {reviews?.map((review) => (
        <Signed key={review.id} review={review} mayRelease={mayRelease} state={state} />
      ))}
    </section>
  );
}

interface SignedProps {
  readonly review: Review;
  readonly mayRelease: boolean;
  readonly state: ReadingState;
}

function Signed({ review, mayRelease, state }: SignedProps) {
  return (
    <article class="reading">
      <p class="reading-head">
        <b>{review.by.displayName}</b>
        <time class="muted" dateTime={review.signedAt}>
          {whenOf(review.signedAt)}
        </time>
        <UrgencyBadge urgency={review.urgency} />
      </p>
      <p class="plain-words">{review.impression}</p>
      {review.recommendation && (
        <p class="plain-words">
          <span class="muted">{words.recommends}</span>
          {review.recommendation}
        </p>
      )}
      {mayRelease && (
        <ReleaseForm
          review={review}
          onRelease={(summary) => state.release(review.id, summary)}
          onWithdraw={() => state.withdraw(review.id)}
        />
      )}
      <Reports nodeId={review.id} reports={review.reports} />
    </article>
  );
}
