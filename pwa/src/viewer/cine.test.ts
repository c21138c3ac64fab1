import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { beat, Cine, wrapped } from './cine';

let frames: ((now: number) => void)[];
let isCalm: boolean;

beforeEach(() => {
  frames = [];
  isCalm = false;
  vi.useFakeTimers({ toFake: ['performance'] });
  vi.stubGlobal('requestAnimationFrame', (frame: (now: number) => void) => frames.push(frame));
  vi.stubGlobal('cancelAnimationFrame', () => {
    frames = [];
  });
  vi.stubGlobal('matchMedia', () => ({ matches: isCalm }));
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function paint(milliseconds: number): void {
  vi.advanceTimersByTime(milliseconds);
  for (const frame of frames.splice(0)) frame(performance.now());
}

test('a slice comes when it is due and not before', () => {
  expect(beat(99, 100, 100)).toEqual({ steps: 0, due: 100 });
  expect(beat(100, 100, 100)).toEqual({ steps: 1, due: 200 });
});

test('a slow device leaves slices out to keep the rate', () => {
  expect(beat(310, 100, 100)).toEqual({ steps: 3, due: 400 });
});

test('after the page was hidden it goes on where it was', () => {
  expect(beat(60_000, 100, 100)).toEqual({ steps: 1, due: 60_100 });
});

test('after the last slice comes the first', () => {
  expect([wrapped(39, 40), wrapped(40, 40), wrapped(-1, 40)]).toEqual([39, 0, 39]);
});

test('it plays at its rate from when it is asked until it is stopped', () => {
  const steps: number[] = [];
  const cine = new Cine((by) => steps.push(by));
  expect(cine.look.value).toEqual({ isPlaying: false, rate: 10 });

  cine.play();
  for (let at = 0; at < 10; at += 1) paint(50);
  expect(cine.stop()).toBe(true);
  for (let at = 0; at < 10; at += 1) paint(50);

  expect(steps.reduce((sum, by) => sum + by, 0)).toBe(5);
  expect(cine.stop()).toBe(false);
});

test('who asked for less motion gets the slowest rate', () => {
  isCalm = true;

  expect(new Cine(() => undefined).look.value).toEqual({ isPlaying: false, rate: 2 });
});
