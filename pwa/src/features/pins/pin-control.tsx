import { useStore } from '../../graphql/store';
import { numberOf, sizeOf, whenOf } from '../../messages/formats';
import { pins as words } from '../../messages/pins';
import { knownSince } from '../../offline/kept-answers';
import { keepCase, keeping, mayKeep, type Pin, pinFaults, pins, removePin } from '../../offline/pins';
import { isAway } from '../../offline/reception';
import { Icon } from '../../ui/icon';
import { Notice } from '../../ui/notice';
import { Progress } from '../../ui/progress';
import './pins.css';

interface PinControlProps {
  readonly caseId: string;
  readonly hasPictures: boolean;
}

/** Keeps a case on this device, tells how far that is, and removes it. */
export function PinControl({ caseId, hasPictures }: PinControlProps) {
  const pin = useStore(pins).find((each) => each.caseId === caseId);
  const progress = useStore(keeping).get(caseId);
  const fault = useStore(pinFaults).get(caseId);
  const away = useStore(isAway);
  const since = useStore(knownSince).get(caseId);
  if (!mayKeep || (!hasPictures && !pin)) return null;
  const keep = () => void keepCase(caseId);
  const remove = () => void removePin(caseId).catch(() => undefined);
  if (progress) {
    const { slices, total, bytes, likelyBytes } = progress;
    const said = total > 0 ? words.keeping(numberOf(slices), numberOf(total)) : words.preparing;
    return (
      <div class="pin">
        <span class="pin-words">
          <span>{said}</span>
          {total > 0 && <span class="muted">{words.keepingBytes(sizeOf(bytes), sizeOf(likelyBytes))}</span>}
          <Progress value={total > 0 ? slices / total : 0} label={said} />
        </span>
        <button type="button" class="chip" onClick={remove}>
          {words.cancel}
        </button>
      </div>
    );
  }
  const begin = !pin && (
    <button
      type="button"
      class="icon-button pin-begin"
      aria-label={words.keep}
      title={words.keep}
      disabled={away}
      onClick={keep}
    >
      <Icon name="keep" />
    </button>
  );
  if (!pin && !fault) return begin;
  return (
    <>
      {begin}
      <div class="pin">
        {pin && since === undefined && <span class="pin-words muted">{stateOf(pin)}</span>}
        {since !== undefined && (
          <span class="pin-words known-since" role="status">
            {words.knownAt(whenOf(since))}
          </span>
        )}
        {pin && !pin.isComplete && (
          <button type="button" class="chip" disabled={away} onClick={keep}>
            {words.goOn}
          </button>
        )}
        {pin && (
          <button type="button" class="chip" aria-label={words.remove} onClick={remove}>
            {words.removeShort}
          </button>
        )}
        {fault && !pin?.isComplete && (
          <Notice kind="error" title={words.faultTitle}>
            {fault}
          </Notice>
        )}
      </div>
    </>
  );
}

function stateOf({ isComplete, bytes, knownAt, slices, total }: Pin): string {
  return isComplete ? words.kept(sizeOf(bytes), whenOf(knownAt)) : words.broken(numberOf(slices), numberOf(total));
}
