import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { shell as words } from '../messages/shell';
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
          title={words.notLoaded(label)}
          action={{ label: words.openAnew, onClick: () => location.reload() }}
        >
          {words.whyNotLoaded}
        </Notice>
      </main>
    );
  }
  if (!screen) return <main class="page is-waiting" aria-busy="true" aria-label={words.opening(label)} />;
  return <screen.Content {...props} />;
}
