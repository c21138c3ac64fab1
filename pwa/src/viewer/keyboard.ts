import type { StackView } from './stack-view';

/** Slices for PageUp and PageDown. */
const PAGE = 10;

/** On the picture every key counts; on the viewer's buttons those that mean nothing to a button, so that tools and keys mix. */
export function isForPicture(event: KeyboardEvent, picture: Element | null): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const { target, key } = event;
  if (target === picture) return true;
  const isButton = target instanceof HTMLButtonElement && target.closest('dialog') === null;
  return isButton && key.length === 1 && key !== ' ';
}

interface KeyTargets {
  readonly onMark: (direction: 1 | -1) => void;
  /** Undefined where the stack has no overlay. */
  readonly onOverlay: (() => void) | undefined;
  readonly onHelp: () => void;
}

/** Does what a key means on the picture; false when it means nothing here. */
export function takeKey(key: string, view: StackView, { onMark, onOverlay, onHelp }: KeyTargets): boolean {
  const last = view.stack.frameCount - 1;
  const actions: Record<string, (() => void) | undefined> = {
    ArrowDown: () => view.step(1),
    ArrowRight: () => view.step(1),
    ArrowUp: () => view.step(-1),
    ArrowLeft: () => view.step(-1),
    PageDown: () => view.step(PAGE),
    PageUp: () => view.step(-PAGE),
    Home: () => view.go(0),
    End: () => view.go(last),
    '+': () => view.zoom(1.25),
    '=': () => view.zoom(1.25),
    '-': () => view.zoom(0.8),
    '0': () => view.showAll(),
    n: () => onMark(1),
    p: () => onMark(-1),
    o: onOverlay,
    i: () => view.invert(),
    r: () => view.turn('rotate'),
    h: () => view.turn('flip-across'),
    v: () => view.turn('flip-down'),
    x: () => view.reset(),
    m: () => view.probeMiddle(),
    ' ': () => view.play(),
    '?': onHelp,
  };
  const preset = /^[1-9]$/.test(key) ? view.presets[Number(key) - 1] : undefined;
  const action = preset ? () => view.choose(preset) : actions[key.length === 1 ? key.toLowerCase() : key];
  action?.();
  return action !== undefined;
}

/** A dialog takes its keys for itself. */
export function isInDialog({ target }: Event): boolean {
  return target instanceof Element && target.closest('dialog') !== null;
}
