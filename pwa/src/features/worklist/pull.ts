import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';

/** Pixels of travel at which letting go reads the list again. */
export const FAR_ENOUGH = 72;
/** The list follows the finger more and more slowly, and never beyond this. */
const REACH = 120;

/** How far the list gives way to a finger's travel, in pixels. Pure. */
export function pulledBy(travel: number): number {
  return travel <= 0 ? 0 : REACH * (1 - Math.exp(-travel / REACH));
}

/**
 * Pulling the page down from its top reads the list again. Gives how far it is pulled now, 0 at rest. The list is live
 * and needs it only where news was lost: nothing is hidden from who has no finger for it.
 */
export function usePull(list: RefObject<HTMLElement | null>, onRefresh: () => void): number {
  const [pulled, setPulled] = useState(0);
  useEffect(() => {
    const element = list.current;
    if (!element) return;
    let leave = () => {};
    const begin = (event: TouchEvent) => {
      leave();
      const { target, touches } = event;
      const from = touches[0]?.clientY;
      if (target === null || from === undefined || touches.length > 1 || scrollY > 0) return;
      let now = 0;
      const show = (distance: number) => {
        now = distance;
        setPulled(distance);
      };
      const follow = (move: TouchEvent) => {
        const at = move.touches[0]?.clientY ?? from;
        if (move.touches.length > 1 || scrollY > 0) leave();
        else show(pulledBy(at - from));
      };
      const end = () => {
        const isFar = now >= pulledBy(FAR_ENOUGH);
        leave();
        if (isFar) onRefresh();
      };
      leave = followTouch(target, follow, end, () => show(0));
    };
    element.addEventListener('touchstart', begin, { passive: true });
    return () => {
      leave();
      element.removeEventListener('touchstart', begin);
    };
  }, [list, onRefresh]);
  return pulled;
}

/** A finger's events go to what it first touched, which news may have taken off the list meanwhile: hear them there. */
function followTouch(
  target: EventTarget,
  onMove: (event: TouchEvent) => void,
  onEnd: () => void,
  onLeave: () => void,
): () => void {
  const gone = new AbortController();
  const { signal } = gone;
  target.addEventListener('touchmove', (event) => event instanceof TouchEvent && onMove(event), {
    passive: true,
    signal,
  });
  target.addEventListener('touchend', onEnd, { signal });
  target.addEventListener('touchcancel', () => gone.abort(), { signal });
  signal.addEventListener('abort', onLeave, { once: true });
  return () => gone.abort();
}
