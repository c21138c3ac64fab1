import { expect, test } from 'vitest';
import { overlayMatrix } from './overlay-layer';
import { fitInto, toScreen } from './placement';
import { type Turn, turned, UPRIGHT } from './turning';

test('an overlay of another matrix lies on the pixels it was made of, however the picture is turned', () => {
  const stack = { rows: 100, columns: 200 };
  const overlay = { width: 50, height: 50 };
  for (const turns of [[], ['rotate'], ['flip-across'], ['rotate', 'flip-down']] as Turn[][]) {
    const screen = { width: 390, height: 430 };
    const turning = turns.reduce(turned, UPRIGHT);
    const placed = fitInto({ width: 200, height: 100 }, screen, 1.5, turning);

    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = overlayMatrix(overlay, stack, placed);

    const [x, y] = [10, 40];
    const expected = toScreen(placed, { x: x * 4, y: y * 2 });
    expect(a * x + c * y + e).toBeCloseTo(expected.x);
    expect(b * x + d * y + f).toBeCloseTo(expected.y);
  }
});
