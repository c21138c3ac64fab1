import { Gestures, type Hand, isForHand, LONG_PRESS, WheelSteps } from './gestures';
import type { MeasuringHand } from './measuring-hand';
import { clamp, type Point } from './placement';
import type { StackView } from './stack-view';

/** Listens to fingers, mouse and wheel on an element and tells the view, or the hand that draws, what they mean. */
export function listenTo(element: HTMLElement, view: StackView, drawing: MeasuringHand): () => void {
  const gestures = new Gestures();
  gestures.isGripped = (at) => drawing.isGripping(at);
  const wheel = new WheelSteps();
  let holding: ReturnType<typeof setTimeout> | undefined;

  const pointOf = (event: MouseEvent): Point => {
    const { left, top } = element.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };
  const take = (hand: Hand) => {
    for (const meaning of gestures.take(hand)) {
      if (isForHand(meaning)) drawing.take(meaning);
      else view.take(meaning);
    }
  };
  const measure = () => {
    // A drag over the whole height goes through the whole stack, but no slice needs less than 4 pixels or more than 14.
    gestures.pixelsPerSlice = clamp((element.clientHeight * 0.9) / view.stack.frameCount, 4, 14);
    gestures.extent = Math.max(200, Math.min(element.clientWidth, element.clientHeight));
  };
  const down = (event: PointerEvent) => {
    measure();
    view.halt();
    element.focus({ preventScroll: true });
    element.setPointerCapture(event.pointerId);
    const isTouch = event.pointerType !== 'mouse';
    const { pointerId: id, button, shiftKey: isShifted, timeStamp: time } = event;
    take({ kind: 'down', id, at: pointOf(event), time, button, isTouch, isShifted });
    clearTimeout(holding);
    if (isTouch) {
      holding = setTimeout(() => {
        take({ kind: 'held', time: performance.now() });
        if (gestures.mode === 'window') navigator.vibrate?.(12);
      }, LONG_PRESS);
    }
  };
  const move = (event: PointerEvent) => take({ kind: 'move', id: event.pointerId, at: pointOf(event) });
  const up = (event: PointerEvent) => {
    clearTimeout(holding);
    take({ kind: 'up', id: event.pointerId, at: pointOf(event), time: event.timeStamp });
    view.release();
  };
  const lose = (event: PointerEvent) => {
    clearTimeout(holding);
    take({ kind: 'lost', id: event.pointerId });
    view.release();
  };
  const leave = (event: PointerEvent) => {
    if (event.pointerType === 'mouse') view.point(undefined);
  };
  const turn = (event: WheelEvent) => {
    event.preventDefault();
    if (event.ctrlKey || event.metaKey) {
      view.zoom(Math.exp(-clamp(event.deltaY, -60, 60) / 150), pointOf(event));
      return;
    }
    const unit = event.deltaMode === 1 ? 'line' : event.deltaMode === 2 ? 'page' : 'pixel';
    const by = wheel.take(event.deltaY, unit);
    if (by !== 0) view.step(by);
  };
  const noMenu = (event: Event) => event.preventDefault();

  element.addEventListener('pointerdown', down);
  element.addEventListener('pointermove', move);
  element.addEventListener('pointerup', up);
  element.addEventListener('pointercancel', lose);
  element.addEventListener('pointerleave', leave);
  element.addEventListener('wheel', turn, { passive: false });
  element.addEventListener('contextmenu', noMenu);
  return () => {
    clearTimeout(holding);
    element.removeEventListener('pointerdown', down);
    element.removeEventListener('pointermove', move);
    element.removeEventListener('pointerup', up);
    element.removeEventListener('pointercancel', lose);
    element.removeEventListener('pointerleave', leave);
    element.removeEventListener('wheel', turn);
    element.removeEventListener('contextmenu', noMenu);
  };
}
