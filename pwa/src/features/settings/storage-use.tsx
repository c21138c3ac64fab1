import { useEffect, useState } from 'preact/hooks';
import { sizeOf } from '../../messages/formats';
import { settings } from '../../messages/settings';
import { KeptUse } from '../pins/kept-use';

interface Use {
  readonly used: number;
  readonly allowed: number;
}

/** What the app keeps on this device, as the browser counts it (Storage Standard, estimate()). */
export function StorageUse() {
  const [use, setUse] = useState<Use>();
  useEffect(() => {
    let isHere = true;
    // Only over HTTPS or on this machine itself.
    void navigator.storage?.estimate().then(({ usage = 0, quota = 0 }) => {
      if (isHere) setUse({ used: usage, allowed: quota });
    });
    return () => {
      isHere = false;
    };
  }, []);
  const { storage: words } = settings;
  return (
    <section aria-labelledby="storage">
      <h2 id="storage">{words.title}</h2>
      {use ? <p>{words.use(sizeOf(use.used), sizeOf(use.allowed))}</p> : <p class="muted">{words.unknown}</p>}
      <KeptUse />
    </section>
  );
}
