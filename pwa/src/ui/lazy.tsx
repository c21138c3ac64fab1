import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Notice } from './notice';

/**
 * A screen whose code comes when it is first opened, so that the worklist does not wait for it. `load` must be the same
 * function at each drawing. After an update the old file may be gone from the server: opening the app anew brings the new one.
 */
export function Lazy<P extends object>({
  load,
  props,
  label,
}: {
  readonly load: () => Promise<{ readonly default: ComponentType<P> }>;
  readonly props: P;
  readonly label: string;
}) {
  const [screen, setScreen] = useState<{ readonly Content: ComponentType<P> }>();
  const [isLost, setIsLost] = useState(false);
  useEffect(() => {
    let isHere = true;
    load().then(
      (module) => isHere && setScreen({ Content: module.default }),
      () => isHere && setIsLost(true),
    );
    return () => {
      isHere = false;
    };
  }, [load]);
  if (isLost) {
    return (
      <main class="page">
        <Notice
          kind="error"
          title={`${label} could not be loaded`}
          action={{ label: 'Open Hilum anew', onClick: () => location.reload() }}
        >
          Either there is no connection, or Hilum was updated meanwhile.
        </Notice>
      </main>
    );
  }
  if (!screen) return <main class="page is-waiting" aria-busy="true" aria-label={`Opening ${label}`} />;
  return <screen.Content {...props} />;
}
