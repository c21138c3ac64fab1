import { expect, test } from 'vitest';
import { scaleOf } from './scale-bar';

test('the bar is as long on the screen as its mm are in the patient', () => {
  // 0.7 mm a column, shown 1.4 CSS pixels wide: two CSS pixels a mm.
  expect(scaleOf(1.4, 0.7)).toEqual({ length: 100, words: '50 mm' });
});

test('it takes the longest round length that fits, at every enlargement', () => {
  for (let scale = 0.05; scale < 40; scale *= 1.3) {
    const { length, words } = scaleOf(scale, 0.7);

    expect(length).toBeGreaterThan(40);
    expect(length).toBeLessThanOrEqual(110);
    expect(words).toMatch(/^(0\.)?0*[125]0* mm$/);
    expect(length).toBeCloseTo((Number(words.split(' ')[0]) * scale) / 0.7);
  }
});

test('without a spacing it counts pixels and says so', () => {
  expect(scaleOf(2, null)).toEqual({ length: 100, words: '50 pixels' });
});
