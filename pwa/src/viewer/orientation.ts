import type { Turning } from './turning';

/** Which way is which: the letters at the image's edges, from the direction cosines (PS3.3 C.7.6.2.1.1, LPS axes). */

export interface Direction {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

const LETTERS = [
  ['x', 'L', 'R'],
  ['y', 'P', 'A'],
  ['z', 'H', 'F'],
] as const;

/** The letters towards which a direction points, the strongest first, e.g. "L" or "LP"; cosines below 0.2 are left out. */
export function lettersOf(direction: Direction): string {
  return LETTERS.map(([axis, positive, negative]) => ({
    size: Math.abs(direction[axis]),
    letter: direction[axis] > 0 ? positive : negative,
  }))
    .filter(({ size }) => size > 0.2)
    .sort((one, other) => other.size - one.size)
    .map(({ letter }) => letter)
    .join('');
}

export function opposite(direction: Direction): Direction {
  return { x: -direction.x, y: -direction.y, z: -direction.z };
}

export interface EdgeLetters {
  readonly left: string;
  readonly right: string;
  readonly top: string;
  readonly bottom: string;
}

/** The letters at the screen's edges of a picture that lies as `turning` says. */
export function edgeLetters(rowDirection: Direction, columnDirection: Direction, turning: Turning): EdgeLetters {
  const { xx, xy, yx, yy } = turning;
  const right = blend(rowDirection, xx, columnDirection, xy);
  const down = blend(rowDirection, yx, columnDirection, yy);
  return {
    left: lettersOf(opposite(right)),
    right: lettersOf(right),
    top: lettersOf(opposite(down)),
    bottom: lettersOf(down),
  };
}

function blend(one: Direction, part: number, other: Direction, otherPart: number): Direction {
  return {
    x: one.x * part + other.x * otherPart,
    y: one.y * part + other.y * otherPart,
    z: one.z * part + other.z * otherPart,
  };
}

/** mm of a frame's position along the stack's normal, as radiographers read it (the axis it runs along most). */
export function slicePosition(
  position: Direction,
  rowDirection: Direction,
  columnDirection: Direction,
): { readonly axis: 'x' | 'y' | 'z'; readonly mm: number } {
  const normal = {
    x: rowDirection.y * columnDirection.z - rowDirection.z * columnDirection.y,
    y: rowDirection.z * columnDirection.x - rowDirection.x * columnDirection.z,
    z: rowDirection.x * columnDirection.y - rowDirection.y * columnDirection.x,
  };
  const [axis] = LETTERS.map(([name]) => name).sort((a, b) => Math.abs(normal[b]) - Math.abs(normal[a]));
  return { axis: axis ?? 'z', mm: position[axis ?? 'z'] };
}
