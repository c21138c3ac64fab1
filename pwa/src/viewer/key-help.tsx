import { useEffect, useRef } from 'preact/hooks';
import { keyWords } from '../messages/keys';
import { viewerWords as words } from '../messages/viewer';

/** The keys of the picture, over everything else until it is closed. */
export function KeyHelp({ onClose }: { readonly onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="key-help" aria-labelledby="key-help-title" onClose={onClose}>
      <h2 id="key-help-title">{words.keysTitle}</h2>
      <dl>
        {Object.values(keyWords).map(({ keys, says }) => (
          <div key={says}>
            <dt>{keys}</dt>
            <dd>{says}</dd>
          </div>
        ))}
      </dl>
      <button type="button" class="button" onClick={() => dialog.current?.close()}>
        {words.close}
      </button>
    </dialog>
  );
}
