/**
 * Inferno without its black end (matplotlib, by S. van der Walt and N. Smith, CC0): even steps to the eye, to the
 * colour-blind too, and brighter the higher the value, so that it also reads in grey.
 */
const STOPS = [
  [75, 12, 107],
  [120, 28, 109],
  [165, 44, 96],
  [207, 68, 70],
  [237, 105, 37],
  [251, 154, 6],
  [247, 208, 60],
] as const;
/** Values from here on cover as much as the reader's slider lets them; lower ones let more of the picture through. */
const WHOLE = 96;

/** The colour of a value from 0 to 255, RGBA of 8 bits each. 0 is no colour at all. */
export function colourOf(value: number): readonly [number, number, number, number] {
  const place = (value / 255) * (STOPS.length - 1);
  const at = Math.min(STOPS.length - 2, Math.floor(place));
  const part = place - at;
  const [low, high] = [STOPS[at] ?? STOPS[0], STOPS[at + 1] ?? STOPS[0]];
  const mix = (sample: 0 | 1 | 2) => Math.round(low[sample] * (1 - part) + high[sample] * part);
  return [mix(0), mix(1), mix(2), Math.round(Math.min(1, value / WHOLE) * 255)];
}

const TABLE = Array.from({ length: 256 }, (_, value) => colourOf(value));

/** Turns RGBA greys into their colours, in place; false where there was nothing but 0. */
export function colourIn(rgba: Uint8ClampedArray): boolean {
  let isAnything = false;
  for (let at = 0; at < rgba.length; at += 4) {
    const value = rgba[at] ?? 0;
    isAnything ||= value > 0;
    rgba.set(TABLE[value] ?? [0, 0, 0, 0], at);
  }
  return isAnything;
}
