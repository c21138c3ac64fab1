import { useId, useState } from 'preact/hooks';
import { messageOf } from '../../graphql/failure';
import { whenOf } from '../../messages/formats';
import { readingWords as words } from '../../messages/reading';
import { Notice } from '../../ui/notice';
import type { Review } from './reading-state';

interface ReleaseProps {
  readonly review: Review;
  readonly onRelease: (summary: string) => Promise<void>;
  readonly onWithdraw: () => Promise<void>;
}

/** What the patient reads of a signed reading: nothing, until somebody releases words of their own. */
export function ReleaseForm({ review, onRelease, onWithdraw }: ReleaseProps) {
  const [summary, setSummary] = useState<string>();
  const [isBusy, setIsBusy] = useState(false);
  const [isSure, setIsSure] = useState(false);
  const [fault, setFault] = useState<string>();
  const id = useId();
  const { release } = review;
  const stands = release && !release.withdrawnAt;

  const attempt = async (work: () => Promise<void>) => {
    setIsBusy(true);
    setFault(undefined);
    try {
      await work();
      setSummary(undefined);
    } catch (error) {
      setFault(messageOf(error));
    }
    setIsSure(false);
    setIsBusy(false);
  };

  return (
    <div class="release">
      {fault && <Notice kind="error" title={fault} />}
      {stands && (
        <>
          <p class="muted">{words.release.since(whenOf(release.at))}</p>
          <p class="plain-words">{release.summary}</p>
          <button
            type="button"
            class="button is-quiet"
            disabled={isBusy}
            onClick={() => (isSure ? void attempt(onWithdraw) : setIsSure(true))}
          >
            {isSure ? words.release.takeBackSurely : words.release.takeBack}
          </button>
        </>
      )}
      {!stands && summary === undefined && (
        <button type="button" class="button is-quiet" onClick={() => setSummary(release?.summary ?? '')}>
          {words.release.begin}
        </button>
      )}
      {!stands && summary !== undefined && (
        <form
          class="sign-form"
          onSubmit={(event) => {
            event.preventDefault();
            void attempt(() => onRelease(summary.trim()));
          }}
        >
          <label for={id}>{words.release.forPatient}</label>
          <textarea
            id={id}
            rows={3}
            required
            value={summary}
            onInput={(event) => setSummary(event.currentTarget.value)}
          />
          <div class="form-ways">
            <button type="button" class="button is-quiet" disabled={isBusy} onClick={() => setSummary(undefined)}>
              {words.cancel}
            </button>
            <button type="submit" class="button is-primary" disabled={isBusy || summary.trim() === ''}>
              {words.release.release}
            </button>
          </div>
        </form>
      )}
    </div>
  );
}
