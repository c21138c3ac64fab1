import { useEffect, useRef } from 'preact/hooks';
import { useStore } from '../../graphql/store';
import { leavingQuestion } from '../../offline/leaving';
import { plural } from '../../ui/words';
import './offline.css';

/** "2 comments were not sent yet": signing out would lose them. */
export function LeavingDialog() {
  const question = useStore(leavingQuestion);
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (question) dialog.current?.showModal();
  }, [question]);
  if (!question) return null;
  const { unsent, answer } = question;
  return (
    <dialog ref={dialog} class="leaving" aria-labelledby="leaving-title" onCancel={() => answer(false)}>
      <h2 id="leaving-title">{plural(unsent, 'comment')} not sent yet</h2>
      <p>
        Signing out deletes {unsent === 1 ? 'it' : 'them'} from this device. To keep {unsent === 1 ? 'it' : 'them'},
        stay signed in until the network is back.
      </p>
      <div class="leaving-actions">
        <button type="button" class="button is-primary" onClick={() => answer(false)}>
          Stay signed in
        </button>
        <button type="button" class="button" onClick={() => answer(true)}>
          Delete and sign out
        </button>
      </div>
    </dialog>
  );
}
