import { useEffect, useState } from 'preact/hooks';
import { sizeOf } from '../../messages/formats';
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
  return (
    <section aria-labelledby="storage">
      <h2 id="storage">Storage on this device</h2>
      <p>
        {use ? (
          <>
            {sizeOf(use.used)} used <span class="muted">of {sizeOf(use.allowed)} that the browser allows.</span>
          </>
        ) : (
          <span class="muted">The browser does not say how much is used.</span>
        )}
      </p>
      <KeptUse />
    </section>
  );
}
