import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { feedback as words } from '../../messages/feedback';
import type { Said } from './opinions';

/** The server's limits, in UTF-16 units as a field counts them, which are never fewer than its characters. */
const LONGEST_LABEL = 200;
const LONGEST_NOTE = 4_000;

interface NoteFormProps {
  readonly own: Said;
  readonly onSave: (said: Said) => void;
  readonly onCancel: () => void;
}

/** Why, and for whoever does not agree what it is instead. */
export function NoteForm({ own, onSave, onCancel }: NoteFormProps) {
  const [label, setLabel] = useState(own.correctedLabel ?? '');
  const [note, setNote] = useState(own.note ?? '');
  const id = useId();
  const form = useRef<HTMLFormElement>(null);
  const mayCorrect = own.agreement !== 'AGREE';
  useEffect(() => form.current?.querySelector<HTMLElement>('input, textarea')?.focus(), []);

  const save = (event: Event) => {
    event.preventDefault();
    const correctedLabel = mayCorrect ? label.trim() : '';
    onSave({
      agreement: own.agreement,
      correctedLabel: correctedLabel || undefined,
      note: note.trim() || undefined,
    });
  };

  return (
    <form ref={form} class="feedback-form" onSubmit={save}>
      {mayCorrect && (
        <>
          <label for={`${id}-label`}>{words.correctedLabel}</label>
          <input
            id={`${id}-label`}
            type="text"
            maxLength={LONGEST_LABEL}
            value={label}
            onInput={(event) => setLabel(event.currentTarget.value)}
          />
        </>
      )}
      <label for={`${id}-note`}>{words.note}</label>
      <textarea
        id={`${id}-note`}
        rows={2}
        maxLength={LONGEST_NOTE}
        value={note}
        onInput={(event) => setNote(event.currentTarget.value)}
      />
      <div class="feedback-line">
        <button type="submit" class="button is-primary">
          {words.save}
        </button>
        <button type="button" class="button is-quiet" onClick={onCancel}>
          {words.cancel}
        </button>
      </div>
    </form>
  );
}
