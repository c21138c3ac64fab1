import { describe, expect, test } from 'vitest';
import { Gestures, type Hand, type Meaning, WheelSteps } from './gestures';

function down(id: number, x: number, y: number, more: Partial<Extract<Hand, { kind: 'down' }>> = {}): Hand {
  return { kind: 'down', id, at: { x, y }, time: 0, button: 0, isTouch: true, isShifted: false, ...more };
}
const move = (id: number, x: number, y: number): Hand => ({ kind: 'move', id, at: { x, y } });
const up = (id: number, x: number, y: number, time = 50): Hand => ({ kind: 'up', id, at: { x, y }, time });

function play(gestures: Gestures, hands: readonly Hand[]): Meaning[] {
  return hands.flatMap((hand) => gestures.take(hand));
}

describe('one finger', () => {
  test('scrolls by whole slices, downwards to higher ones, and loses no part of a slice', () => {
    const gestures = new Gestures();
    gestures.pixelsPerSlice = 10;

    const meant = play(gestures, [
      down(1, 100, 100),
      move(1, 100, 112),
      move(1, 100, 117),
      move(1, 100, 125),
      up(1, 100, 125),
    ]);

    const slices = meant.filter((each) => each.kind === 'scroll').reduce((sum, { by }) => sum + by, 0);
    expect(slices).toBe(2);
  });

  test('that trembles does not scroll', () => {
    expect(play(new Gestures(), [down(1, 100, 100), move(1, 103, 105)])).toEqual([]);
  });

  test('held still reads the place and takes hold of the window', () => {
    const gestures = new Gestures();
    gestures.extent = 400;

    const meant = play(gestures, [down(1, 100, 100), { kind: 'held', time: 450 }, move(1, 140, 80)]);

    expect(meant).toEqual([
      { kind: 'point', at: { x: 100, y: 100 } },
      { kind: 'window-start' },
      { kind: 'window', dragX: 0.1, dragY: -0.05 },
    ]);
  });

  test('that already scrolls cannot take hold of the window', () => {
    const meant = play(new Gestures(), [down(1, 100, 100), move(1, 100, 140), { kind: 'held', time: 450 }]);

    expect(meant.some(({ kind }) => kind === 'window-start')).toBe(false);
  });

  test('tapping twice fits the image', () => {
    const meant = play(new Gestures(), [down(1, 90, 90), up(1, 90, 90, 40), down(1, 95, 92), up(1, 95, 92, 200)]);

    expect(meant).toEqual([
      { kind: 'point', at: { x: 90, y: 90 } },
      { kind: 'tap', at: { x: 90, y: 90 } },
      { kind: 'fit' },
    ]);
  });

  test('tapping twice slowly or apart does not', () => {
    const slow = play(new Gestures(), [down(1, 90, 90), up(1, 90, 90, 40), down(1, 90, 90), up(1, 90, 90, 900)]);
    const apart = play(new Gestures(), [down(1, 90, 90), up(1, 90, 90, 40), down(1, 200, 90), up(1, 200, 90, 200)]);

    expect([...slow, ...apart].some(({ kind }) => kind === 'fit')).toBe(false);
  });
});

describe('two fingers', () => {
  test('that part enlarge about the point between them', () => {
    const meant = play(new Gestures(), [down(1, 100, 100), down(2, 200, 100), move(2, 300, 100)]);

    expect(meant).toEqual([
      { kind: 'pan', by: { x: 50, y: 0 } },
      { kind: 'zoom', factor: 2, at: { x: 200, y: 100 } },
    ]);
  });

  test('do not scroll, neither together nor when one is lifted', () => {
    const hands = [
      down(1, 100, 100),
      down(2, 200, 100),
      move(1, 100, 160),
      up(2, 200, 100),
      move(1, 100, 300),
      up(1, 100, 300),
    ];

    expect(play(new Gestures(), hands).some(({ kind }) => kind === 'scroll')).toBe(false);
  });
});

describe('while measuring', () => {
  const measuring = () => {
    const gestures = new Gestures();
    gestures.pixelsPerSlice = 10;
    gestures.isGripped = () => true;
    return gestures;
  };

  test('one finger draws instead of scrolling or taking hold of the window', () => {
    const meant = play(measuring(), [down(1, 10, 20), { kind: 'held', time: 600 }, move(1, 10, 90), up(1, 12, 95)]);

    expect(meant).toEqual([
      { kind: 'grip', at: { x: 10, y: 20 }, isTouch: true },
      { kind: 'grip-move', at: { x: 10, y: 90 } },
      { kind: 'grip-end', at: { x: 12, y: 95 } },
    ]);
  });

  test('only where something is to be gripped', () => {
    const gestures = new Gestures();
    gestures.pixelsPerSlice = 10;
    gestures.isGripped = ({ x }) => x < 50;

    expect(play(gestures, [down(1, 80, 20), move(1, 80, 50)])).toEqual([{ kind: 'scroll', by: 3 }]);
  });

  test('two fingers going the same way scroll, and leave what was being drawn', () => {
    const hands = [down(1, 100, 100), down(2, 180, 110), move(1, 100, 120), move(2, 180, 130), move(1, 100, 160)];
    const meant = play(measuring(), [...hands, move(2, 180, 170), up(1, 100, 160), move(2, 180, 400)]);

    expect(meant[1]).toEqual({ kind: 'grip-cancel' });
    expect(meant.slice(2).every(({ kind }) => kind === 'scroll')).toBe(true);
    const slices = meant.filter((each) => each.kind === 'scroll').reduce((sum, { by }) => sum + by, 0);
    expect(slices).toBe(5);
  });

  test('two fingers that part enlarge', () => {
    const meant = play(measuring(), [down(1, 100, 100), down(2, 180, 100), move(1, 80, 100), move(2, 220, 100)]);

    expect(meant.some(({ kind }) => kind === 'zoom')).toBe(true);
    expect(meant.some(({ kind }) => kind === 'scroll')).toBe(false);
  });

  test('a finger that the browser takes away draws nothing, and the next one does', () => {
    const meant = play(measuring(), [down(1, 10, 20), move(1, 40, 40), { kind: 'lost', id: 1 }, down(2, 5, 5)]);

    expect(meant.map(({ kind }) => kind)).toEqual(['grip', 'grip-move', 'grip-cancel', 'grip']);
  });

  test("the mouse's other buttons do what they always do", () => {
    const meant = play(measuring(), [down(1, 0, 0, { isTouch: false, button: 2 }), move(1, 40, 0)]);

    expect(meant.map(({ kind }) => kind)).toEqual(['window-start', 'window']);
  });
});

describe('a mouse', () => {
  const mouse = { isTouch: false };

  test('drags the window with its right button and the image with its middle one', () => {
    const right = play(new Gestures(), [down(1, 0, 0, { ...mouse, button: 2 }), move(1, 40, 0)]);
    const middle = play(new Gestures(), [down(1, 0, 0, { ...mouse, button: 1 }), move(1, 40, 10)]);

    expect(right.map(({ kind }) => kind)).toEqual(['window-start', 'window']);
    expect(middle).toContainEqual({ kind: 'pan', by: { x: 40, y: 10 } });
  });

  test('that only hovers points', () => {
    expect(play(new Gestures(), [move(7, 12, 13)])).toEqual([{ kind: 'point', at: { x: 12, y: 13 } }]);
  });
});

describe('the wheel', () => {
  test('goes one slice a notch', () => {
    const wheel = new WheelSteps();

    expect(wheel.take(120, 'pixel')).toBe(1);
    expect(wheel.take(-100, 'pixel')).toBe(-1);
    expect(wheel.take(3, 'line')).toBe(1);
  });

  test("adds up a trackpad's small steps", () => {
    const wheel = new WheelSteps();

    const steps = Array.from({ length: 12 }, () => wheel.take(6, 'pixel'));

    expect(steps.reduce((sum, step) => sum + step, 0)).toBe(3);
  });
});
