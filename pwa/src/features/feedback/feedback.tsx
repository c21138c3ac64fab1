import { useState } from 'preact/hooks';
import type { Agreement } from '../../graphql/generated/graphql';
import { useStore } from '../../graphql/store';
import { feedback as words } from '../../messages/feedback';
import { agoOf } from '../../messages/formats';
import { discard, outbox, sendAgain } from '../../offline/outbox';
import { Icon, type IconName } from '../../ui/icon';
import { NoteForm } from './note-form';
import { type About, give, type Opinion, type Opinions, opinionsOn, type UnsentOpinion, withChoice } from './opinions';
import './feedback.css';

const CHOICES: readonly (readonly [Agreement, IconName])[] = [
  ['AGREE', 'done'],
  ['PARTLY', 'partly'],
  ['DISAGREE', 'close'],
];
const SHOWN_IN_BRIEF = 3;

interface FeedbackProps {
  readonly about: About;
  /** Of the finding, from 1; undefined for the analysis as a whole. */
  readonly number: number | undefined;
  /** All that was said of the analysis. */
  readonly given: readonly Opinion[];
  readonly viewerId: string | undefined;
  readonly mayGive: boolean;
}

/** One tap says what one thinks; a note may follow. Below it what others think. */
export function Feedback({ about, number, given, viewerId, mayGive }: FeedbackProps) {
  // Whoever may no longer give any reads their own among the others.
  const { own, refused, others } = opinionsOn(about, given, useStore(outbox), mayGive ? viewerId : undefined);
  if (!mayGive && others.length === 0) return null;
  const choose = (agreement: Agreement) => {
    if (agreement !== own?.agreement) give(about, withChoice(own, agreement));
  };
  return (
    <div class="feedback">
      {mayGive && (
        <>
          <fieldset class="agreement">
            <legend>{number === undefined ? words.onAnalysis : words.onFinding(number)}</legend>
            {CHOICES.map(([agreement, icon]) => (
              <button
                key={agreement}
                type="button"
                class="button"
                aria-pressed={agreement === own?.agreement}
                onClick={() => choose(agreement)}
              >
                <Icon name={icon} /> {words.choices[agreement]}
              </button>
            ))}
          </fieldset>
          <OwnNote about={about} own={own} />
          {refused && <Refused unsent={refused} />}
        </>
      )}
      <Others others={others} label={number === undefined ? words.saidOfAnalysis : words.saidOfFinding(number)} />
    </div>
  );
}

/** Who thinks what, in a line; nothing where nobody has said anything. */
export function FeedbackInBrief({ about, given, viewerId }: Omit<FeedbackProps, 'number' | 'mayGive'>) {
  const { own, others } = opinionsOn(about, given, useStore(outbox), viewerId);
  const said = others.map(({ by, agreement }) => words.others[agreement](by.displayName));
  if (own) said.unshift(words.you[own.agreement]);
  if (said.length === 0) return null;
  const rest = said.length - SHOWN_IN_BRIEF;
  const shown = rest > 0 ? [...said.slice(0, SHOWN_IN_BRIEF), words.more(rest)] : said;
  return <p class="feedback-brief">{shown.join(' · ')}</p>;
}

function OwnNote({ about, own }: { readonly about: About; readonly own: Opinions['own'] }) {
  const [isWriting, setIsWriting] = useState(false);
  if (!own) return null;
  if (isWriting) {
    return (
      <NoteForm
        own={own}
        onSave={(said) => {
          setIsWriting(false);
          give(about, said);
        }}
        onCancel={() => setIsWriting(false)}
      />
    );
  }
  const hasNote = own.note !== undefined || own.correctedLabel !== undefined;
  return (
    <>
      <Words correctedLabel={own.correctedLabel} note={own.note} />
      <div class="feedback-line">
        <button type="button" class="button is-quiet" onClick={() => setIsWriting(true)}>
          {hasNote ? words.changeNote : words.addNote}
        </button>
        {own.isWaiting && (
          <span class="feedback-waiting" role="status">
            <Icon name="clock" /> {words.waiting}
          </span>
        )}
      </div>
      {!own.isKept && <p class="muted">{words.notKept}</p>}
    </>
  );
}

function Refused({ unsent }: { readonly unsent: UnsentOpinion }) {
  return (
    <div class="feedback-refused">
      <p role="alert">{words.notTaken(unsent.refusal ?? '')}</p>
      <div class="feedback-line">
        <button type="button" class="button is-quiet" onClick={() => void sendAgain(unsent)}>
          {words.tryAgain}
        </button>
        <button type="button" class="button is-quiet" onClick={() => void discard(unsent)}>
          {words.discard}
        </button>
      </div>
    </div>
  );
}

function Others({ others, label }: { readonly others: Opinions['others']; readonly label: string }) {
  if (others.length === 0) return null;
  return (
    <ul class="opinions" aria-label={label}>
      {others.map(({ id, by, agreement, correctedLabel, note, at }) => (
        <li key={id}>
          <p class="opinion-head">
            <b>{words.others[agreement](by.displayName)}</b>
            <time class="muted" dateTime={at}>
              {agoOf(at)}
            </time>
          </p>
          <Words correctedLabel={correctedLabel ?? undefined} note={note ?? undefined} />
        </li>
      ))}
    </ul>
  );
}

interface WordsProps {
  readonly correctedLabel: string | undefined;
  readonly note: string | undefined;
}

function Words({ correctedLabel, note }: WordsProps) {
  return (
    <>
      {correctedLabel !== undefined && <p class="feedback-words">{words.rather(correctedLabel)}</p>}
      {note !== undefined && <p class="feedback-words">{note}</p>}
    </>
  );
}
