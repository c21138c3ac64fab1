import type { Picture, Shading } from './picture';
import type { Placement } from './placement';

export interface Scene {
  readonly picture: Picture | undefined;
  readonly shading: Shading;
  /** In CSS pixels; `density` device pixels are one of them. */
  readonly placement: Placement;
  readonly density: number;
}

export interface Renderer {
  readonly name: 'webgl2' | 'canvas';
  draw(scene: Scene): void;
  close(): void;
}

/** Whether two scenes give the same pixels; a picture keeps its key for as long as it lives. */
export function isSameScene(one: Scene, other: Scene): boolean {
  const { picture, ...rest } = one;
  const { picture: otherPicture, ...otherRest } = other;
  return picture?.key === otherPicture?.key && JSON.stringify(rest) === JSON.stringify(otherRest);
}
