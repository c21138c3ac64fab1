import { pins as words } from '../../messages/pins';
import { Notice } from '../../ui/notice';
import { goTo } from '../../ui/route';
import './pins.css';

/** The app began without a connection. */
export function StandAloneBar({ onRetry }: { readonly onRetry: () => void }) {
  return (
    <p class="stand-alone" role="status">
      <span>{words.standAlone}</span>
      <button type="button" class="button is-quiet" onClick={onRetry}>
        {words.tryAgain}
      </button>
    </p>
  );
}

/** In place of a screen that the server is needed for. */
export function NeedsReception() {
  const action = { label: words.toKept, onClick: () => goTo({ screen: 'worklist' }) };
  return (
    <main class="page">
      <Notice kind="info" title={words.needsReception} action={action}>
        {words.needsReceptionText}
      </Notice>
    </main>
  );
}
