import { useState } from 'preact/hooks';
import { useStore } from '../graphql/store';
import { shell as words } from '../messages/shell';
import { unsentCount } from '../offline/outbox';
import { takeUpdate, waitingVersion } from '../offline/service-worker';
import { busyCount } from '../offline/transfers';

/** A new version never interrupts: one is told of it, and takes it when one wants. */
export function UpdateBar() {
  const waiting = useStore(waitingVersion);
  const uploads = useStore(busyCount);
  const unsent = useStore(unsentCount);
  const [isLater, setIsLater] = useState(false);
  if (!waiting || isLater) return null;
  const isBusy = uploads > 0 || unsent > 0;
  return (
    <div class="update-bar" role="status">
      <span>{isBusy ? words.newVersionWaits : words.newVersion}</span>
      {!isBusy && (
        <button type="button" class="button is-primary" onClick={takeUpdate}>
          {words.openNewVersion}
        </button>
      )}
      <button type="button" class="button is-quiet" onClick={() => setIsLater(true)}>
        {words.later}
      </button>
    </div>
  );
}
