import type { MeasuringHand } from './measuring-hand';
import type { Point } from './placement';

/** Pixels of the image for an arrow key with Shift. */
const FAR = 10;

const ARROWS: Record<string, Point> = {
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
};

/** Does what a key means to measurements; false when it means nothing to them now. */
export function takeMeasuringKey({ key, shiftKey }: KeyboardEvent, hand: MeasuringHand): boolean {
  const { measuring, selected } = hand;
  if (!measuring) return false;
  const isMine = measuring.mayDraw && selected?.isOwn === true;
  const arrow = ARROWS[key];
  if (arrow && isMine) {
    const step = shiftKey ? FAR : 1;
    hand.nudge({ x: arrow.x * step, y: arrow.y * step });
    return true;
  }
  const actions: Record<string, (() => void) | undefined> = {
    l: measuring.mayDraw ? () => hand.choose('LENGTH') : undefined,
    e: measuring.mayDraw ? () => hand.choose('ELLIPSE') : undefined,
    s: () => hand.selectNext(),
    Delete: isMine ? () => hand.remove() : undefined,
    Backspace: isMine ? () => hand.remove() : undefined,
    z: measuring.canUndo ? () => hand.undo() : undefined,
    Enter: isMine ? () => hand.otherEnd() : hand.look.value.tool && (() => hand.drawInMiddle()),
  };
  const action = actions[key.length === 1 ? key.toLowerCase() : key];
  action?.();
  return action !== undefined;
}
