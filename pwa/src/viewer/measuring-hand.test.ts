import { beforeEach, describe, expect, test, vi } from 'vitest';
import { Store } from '../graphql/store';
import { firstLook, type Look } from './look';
import { type HandView, MeasuringHand } from './measuring-hand';
import { takeMeasuringKey } from './measuring-keys';
import { fitInto } from './placement';
import type { Measuring, Shape } from './shapes';
import { turned, UPRIGHT } from './turning';

const RULER: Shape = {
  key: 'ruler',
  kind: 'LENGTH',
  frameIndex: 3,
  points: [
    { x: 10, y: 10 },
    { x: 40, y: 10 },
  ],
  quantities: [],
  isOwn: true,
  author: 'Ada',
  fault: undefined,
};
const stack = {
  rows: 100,
  columns: 100,
  rowSpacing: 1,
  columnSpacing: 1,
  frameTable: [],
  paddingValue: null,
  unit: 'HU',
};
const screen = { width: 500, height: 500 };
/** Five CSS pixels a pixel of the image. */
const placement = fitInto({ width: 100, height: 100 }, screen, 1);

function measuringWith(...shapes: Shape[]) {
  return {
    shapes,
    selected: undefined as Measuring['selected'],
    mayDraw: true,
    canUndo: false,
    onSelect: vi.fn(),
    onDraw: vi.fn(),
    onChange: vi.fn(),
    onDelete: vi.fn(),
    onUndo: vi.fn(),
    onForget: vi.fn(),
    onRetry: vi.fn(),
  };
}

let look: Store<Look>;
let said: string;
let hand: MeasuringHand;

beforeEach(() => {
  look = new Store<Look>({ ...firstLook(3, undefined), placement, screen });
  const view = { look, stack, lossless: () => undefined, say: (words: string) => (said = words) };
  hand = new MeasuringHand(view as unknown as HandView);
});

function drag(from: [number, number], to: [number, number]) {
  hand.take({ kind: 'grip', at: { x: from[0], y: from[1] }, isTouch: true });
  hand.take({ kind: 'grip-move', at: { x: to[0], y: to[1] } });
  hand.take({ kind: 'grip-end', at: { x: to[0], y: to[1] } });
}
const press = (key: string, shiftKey = false) => takeMeasuringKey({ key, shiftKey } as KeyboardEvent, hand);

describe('drawing', () => {
  test('a drag with a tool makes one between where it began and ended', () => {
    const measuring = measuringWith();
    hand.measuring = measuring;
    hand.choose('LENGTH');

    drag([50, 50], [200, 100]);

    const points = [
      { x: 10, y: 10 },
      { x: 40, y: 20 },
    ];
    expect(measuring.onDraw).toHaveBeenCalledWith(expect.objectContaining({ kind: 'LENGTH', frameIndex: 3, points }));
    expect(said).toContain('31.6 mm');
    expect(hand.look.value.draft).toBeUndefined();
  });

  test('ends stay on the image', () => {
    const measuring = measuringWith();
    hand.measuring = measuring;
    hand.choose('ELLIPSE');

    drag([50, 50], [900, -40]);

    expect(measuring.onDraw.mock.calls[0]?.[0].points[1]).toEqual({ x: 100, y: 0 });
  });

  test('an ellipse without a width is none', () => {
    const measuring = measuringWith();
    hand.measuring = measuring;
    hand.choose('ELLIPSE');

    drag([50, 50], [50, 200]);

    expect(measuring.onDraw).not.toHaveBeenCalled();
    expect(said).toContain('too small');
  });

  test('a tap draws nothing and chooses what it touches', () => {
    const measuring = measuringWith(RULER);
    hand.measuring = measuring;
    hand.choose('LENGTH');

    drag([120, 52], [121, 53]);

    expect(measuring.onDraw).not.toHaveBeenCalled();
    expect(measuring.onSelect).toHaveBeenLastCalledWith('ruler');
  });

  test('what a second finger breaks off is not kept', () => {
    const measuring = measuringWith();
    hand.measuring = measuring;
    hand.choose('LENGTH');

    hand.take({ kind: 'grip', at: { x: 50, y: 50 }, isTouch: true });
    hand.take({ kind: 'grip-move', at: { x: 150, y: 50 } });
    hand.take({ kind: 'grip-cancel' });

    expect(hand.look.value.draft).toBeUndefined();
    expect(measuring.onDraw).not.toHaveBeenCalled();
  });

  test('whoever may not draw gets no tool', () => {
    hand.measuring = { ...measuringWith(RULER), mayDraw: false, selected: { key: 'ruler' } };
    hand.choose('LENGTH');

    expect(hand.look.value.tool).toBeUndefined();
    expect(hand.isGripping({ x: 50, y: 50 })).toBe(false);
    expect(press('l')).toBe(false);
  });
});

describe('an end', () => {
  test('of the chosen one is dragged without jumping to the finger', () => {
    const measuring = { ...measuringWith(RULER), selected: { key: 'ruler' } };
    hand.measuring = measuring;

    expect(hand.isGripping({ x: 210, y: 60 })).toBe(true);
    drag([210, 60], [260, 110]);

    const moved = [RULER.points[0], { x: 50, y: 20 }];
    expect(measuring.onChange).toHaveBeenCalledWith('ruler', moved, expect.anything());
  });

  test('of somebody else is not to be had', () => {
    hand.measuring = { ...measuringWith({ ...RULER, isOwn: false }), selected: { key: 'ruler' } };

    expect(hand.isGripping({ x: 200, y: 50 })).toBe(false);
    expect(press('ArrowLeft')).toBe(false);
    expect(press('Delete')).toBe(false);
  });

  test('on another slice is not touched', () => {
    hand.measuring = { ...measuringWith({ ...RULER, frameIndex: 4 }), selected: { key: 'ruler' } };

    expect(hand.isGripping({ x: 200, y: 50 })).toBe(false);
  });

  test('moves by arrow keys as the eye sees it, also in a turned picture', () => {
    const measuring = { ...measuringWith(RULER), selected: { key: 'ruler' } };
    hand.measuring = measuring;

    press('ArrowRight');
    expect(measuring.onChange.mock.lastCall?.[1][1]).toEqual({ x: 41, y: 10 });
    press('ArrowDown', true);
    expect(measuring.onChange.mock.lastCall?.[1][1]).toEqual({ x: 40, y: 20 });
    look.update((now) => ({ ...now, placement: { ...placement, turning: turned(UPRIGHT, 'rotate') } }));
    press('ArrowRight');
    expect(measuring.onChange.mock.lastCall?.[1][1]).toEqual({ x: 40, y: 9 });
    press('Enter');
    press('ArrowDown');
    expect(measuring.onChange.mock.lastCall?.[1][0]).toEqual({ x: 11, y: 10 });
  });
});

describe('by keys alone', () => {
  test('one is drawn in the middle, found again, deleted and brought back', () => {
    const measuring = measuringWith(RULER);
    hand.measuring = measuring;
    press('L');
    press('Enter');
    expect(measuring.onDraw.mock.calls[0]?.[0]).toMatchObject({ kind: 'LENGTH', frameIndex: 3 });

    press('s');
    expect(measuring.onSelect).toHaveBeenLastCalledWith('ruler');
    expect(said).toContain('30.0 mm');
    hand.measuring = { ...measuring, selected: { key: 'ruler' } };
    press('Delete');
    expect(measuring.onDelete).toHaveBeenCalledWith('ruler');
    hand.measuring = { ...measuring, canUndo: true };
    press('z');
    expect(measuring.onUndo).toHaveBeenCalledOnce();
  });

  test('leaving lets go of tool and choice, and says whether there was one', () => {
    hand.measuring = measuringWith();
    expect(hand.leave()).toBe(false);
    hand.choose('ELLIPSE');
    expect(hand.leave()).toBe(true);
    hand.choose('ELLIPSE');
    hand.choose('ELLIPSE');
    expect(hand.look.value.tool).toBeUndefined();
  });
});
