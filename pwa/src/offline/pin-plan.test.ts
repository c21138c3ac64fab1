import { expect, test } from 'vitest';
import { expectedBytes, framesOf, hindranceOf, likelyTotal, MOST_BYTES, MOST_CASES, missingOf } from './pin-plan';

const CT = {
  id: 'ct',
  frameCount: 3,
  rows: 512,
  columns: 512,
  bitsStored: 12,
  photometricInterpretation: 'MONOCHROME2',
  frames: {},
  previews: {},
};
const PHOTO = { ...CT, id: 'photo', frameCount: 1, bitsStored: 8, photometricInterpretation: 'RGB', previews: null };
const ROOM = { cases: 0, bytes: 0, wanted: 1000, left: undefined };

test('all previews come before the first lossless slice, of every stack that has them', () => {
  const frames = framesOf('case', [CT, PHOTO]);

  expect(frames.map(({ kind, stackId, index }) => `${kind} ${stackId} ${index}`)).toEqual([
    'previews ct 0',
    'previews ct 1',
    'previews ct 2',
    'frames ct 0',
    'frames ct 1',
    'frames ct 2',
    'frames photo 0',
  ]);
  expect(new Set(frames.map(({ name }) => name)).size).toBe(frames.length);
});

test('what lies on the device already is not fetched again', () => {
  const frames = framesOf('case', [CT]);
  const kept = new Set(frames.slice(0, 4).map(({ name }) => name));

  expect(missingOf(frames, kept)).toEqual(frames.slice(4));
  expect(missingOf(frames, new Set(frames.map(({ name }) => name)))).toEqual([]);
});

test('ids cannot lead out of their own case', () => {
  const [frame] = framesOf('a/b', [{ ...CT, id: '../x' }]);

  expect(frame?.name).toBe('case/a%2Fb/previews/..%2Fx/0');
});

test('the bytes that will come are told from the geometry, and from what came once something did', () => {
  const measured = 3 * (178_558 + 6_729);

  expect(expectedBytes([CT])).toBeGreaterThan(measured * 0.9);
  expect(expectedBytes([CT])).toBeLessThan(measured * 1.2);
  expect(expectedBytes([{ ...PHOTO, frames: null }])).toBe(0);
  expect(likelyTotal(0, 0, 100, 5000)).toBe(5000);
  expect(likelyTotal(300, 10, 100, 5000)).toBe(3000);
});

test('too many cases, too many bytes and a full browser each hinder it by their own name', () => {
  expect(hindranceOf(ROOM)).toBeUndefined();
  expect(hindranceOf({ ...ROOM, cases: MOST_CASES })).toBe('cases');
  expect(hindranceOf({ ...ROOM, cases: MOST_CASES - 1 })).toBeUndefined();
  expect(hindranceOf({ ...ROOM, bytes: MOST_BYTES - 999 })).toBe('bytes');
  expect(hindranceOf({ ...ROOM, bytes: MOST_BYTES - 1000 })).toBeUndefined();
  expect(hindranceOf({ ...ROOM, left: 999 })).toBe('room');
  expect(hindranceOf({ ...ROOM, left: 1000 })).toBeUndefined();
});
