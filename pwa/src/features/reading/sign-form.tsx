import { useId, useState } from 'preact/hooks';
import { messageOf } from '../../graphql/failure';
import type { SignReviewInput, Urgency } from '../../graphql/generated/graphql';
import { readingWords as words } from '../../messages/reading';
import { wordOf } from '../../messages/values';
import { Notice } from '../../ui/notice';
import { dropReadingDraft, keepReadingDraft, type ReadingDraft, readingDraftOf } from './draft';

const URGENCIES: readonly Urgency[] = ['ROUTINE', 'PRIORITY', 'URGENT'];

interface SignFormProps {
  readonly caseId: string;
  /** Who signs, as the others will read it. */
  readonly signer: string;
  readonly mayRelease: boolean;
  readonly onSign: (input: Omit<SignReviewInput, 'caseId'>) => Promise<void>;
  readonly onCancel: () => void;
}

/** Two steps: what is signed is shown once more, for it cannot be changed afterwards. */
export function SignForm({ caseId, signer, mayRelease, onSign, onCancel }: SignFormProps) {
  const [draft, setDraft] = useState(() => readingDraftOf(caseId) ?? keepReadingDraft(caseId, {}));
  const [isChecked, setIsChecked] = useState(false);
  const [isBusy, setIsBusy] = useState(false);
  const [fault, setFault] = useState<string>();
  const id = useId();
  const { impression, recommendation, summary, urgency } = draft;
  const change = (what: Parameters<typeof keepReadingDraft>[1]) => setDraft(keepReadingDraft(caseId, what));

  const submit = async (event: Event) => {
    event.preventDefault();
    if (!isChecked) {
      setIsChecked(true);
      return;
    }
    setIsBusy(true);
    setFault(undefined);
    try {
      await onSign({
        impression: impression.trim(),
        recommendation: recommendation.trim() || null,
        urgency,
        patientSummary: summary.trim() || null,
        idempotencyKey: draft.key,
      });
      dropReadingDraft(caseId);
    } catch (error) {
      setFault(messageOf(error));
      setIsBusy(false);
      setIsChecked(false);
    }
  };

  return (
    <form class="sign-form" onSubmit={submit} aria-label={words.sign.title}>
      {fault && (
        <Notice kind="error" title={words.sign.failed}>
          {words.sign.kept(fault)}
        </Notice>
      )}
      {!isChecked && (
        <fieldset>
          <legend class="visually-hidden">{words.sign.own}</legend>
          <label for={`${id}-impression`}>{words.sign.impression}</label>
          <textarea
            id={`${id}-impression`}
            required
            rows={3}
            value={impression}
            onInput={(event) => change({ impression: event.currentTarget.value })}
          />
          <label for={`${id}-recommendation`}>{words.sign.recommendationOptional}</label>
          <textarea
            id={`${id}-recommendation`}
            rows={2}
            value={recommendation}
            onInput={(event) => change({ recommendation: event.currentTarget.value })}
          />
          <label for={`${id}-urgency`}>{words.sign.urgency}</label>
          <select
            id={`${id}-urgency`}
            value={urgency}
            onChange={(event) => change({ urgency: event.currentTarget.value as Urgency })}
          >
            {URGENCIES.map((each) => (
              <option key={each} value={each}>
                {wordOf(each)}
              </option>
            ))}
          </select>
          {mayRelease && (
            <>
              <label for={`${id}-summary`}>{words.sign.forPatientOptional}</label>
              <textarea
                id={`${id}-summary`}
                rows={2}
                value={summary}
                onInput={(event) => change({ summary: event.currentTarget.value })}
              />
            </>
          )}
        </fieldset>
      )}
      {isChecked && <Checked draft={draft} />}
      {isChecked && (
        <Notice kind="warning" title={words.sign.signer(signer)}>
          {summary.trim() === '' ? words.sign.untold : words.sign.told}
        </Notice>
      )}
      <div class="form-ways">
        <button
          type="button"
          class="button is-quiet"
          disabled={isBusy}
          onClick={() => {
            if (isChecked) setIsChecked(false);
            else onCancel();
          }}
        >
          {isChecked ? words.sign.change : words.cancel}
        </button>
        <button type="submit" class="button is-primary" disabled={isBusy || impression.trim() === ''}>
          {isBusy ? words.sign.signing : isChecked ? words.sign.sign : words.sign.check}
        </button>
      </div>
    </form>
  );
}

/** As the others will read it. */
function Checked({ draft: { impression, recommendation, summary, urgency } }: { readonly draft: ReadingDraft }) {
  const parts = [
    [words.sign.impression, impression],
    [words.sign.recommendation, recommendation],
    [words.sign.urgency, wordOf(urgency)],
    [words.sign.forPatient, summary],
  ].filter(([, text]) => text?.trim());
  return (
    <dl class="reading">
      {parts.map(([name, text]) => (
        <div key={name}>
          <dt class="muted">{name}</dt>
          <dd class="plain-words">{text?.trim()}</dd>
        </div>
      ))}
    </dl>
  );
}
