import { useEffect, useRef } from 'preact/hooks';
import { useStore } from '../../graphql/store';
import { leavingWords as words } from '../../messages/leaving';
import { leavingQuestion } from '../../offline/leaving';
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
      <h2 id="leaving-title">{words.title(unsent)}</h2>
      <p>{words.loses(unsent)}</p>
      <div class="leaving-actions">
        <button type="button" class="button is-primary" onClick={() => answer(false)}>
          {words.stay}
        </button>
        <button type="button" class="button" onClick={() => answer(true)}>
          {words.leave}
        </button>
      </div>
    </dialog>
  );
}
