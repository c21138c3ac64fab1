import { IDLE_MINUTES } from '../../graphql/idle';
import { useStore } from '../../graphql/store';
import { sizeOf } from '../../messages/formats';
import { pins as words } from '../../messages/pins';
import { mayKeep, pins, removeAllPins } from '../../offline/pins';
import { HOURS_OF_CASES } from '../../offline/vault';

/** How much is kept of cases on this device, and the way to be rid of it. */
export function KeptUse() {
  const all = useStore(pins);
  if (!mayKeep) return null;
  if (all.length === 0) return <p class="muted">{words.useNone}</p>;
  const bytes = all.reduce((sum, pin) => sum + pin.bytes, 0);
  return (
    <>
      <p>
        {words.use(all.length, sizeOf(bytes))} <span class="muted">{words.life(IDLE_MINUTES, HOURS_OF_CASES)}</span>
      </p>
      <button type="button" class="button" onClick={() => void removeAllPins().catch(() => undefined)}>
        {words.removeAll}
      </button>
    </>
  );
}
