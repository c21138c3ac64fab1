import type { Point } from './placement';

/** A LENGTH goes from end to end; an ELLIPSE fills the upright box between two opposite corners. */
export type Kind = 'LENGTH' | 'ELLIPSE';

/** What other clients may have drawn besides is shown, not changed. */
export type ShapeKind = Kind | 'RECTANGLE' | 'POINT' | 'FINDING';

/** UCUM's annotation for what is only counted, where the spacing is not known: of a length and of an area. */
export const PIXELS = '{pixels}';

/** A value with its UCUM unit. */
export interface Quantity {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

/** A measurement of one stack as the viewer draws it. Points are in pixels; (0, 0) is the outer corner of the first. */
export interface Shape {
  readonly key: string;
  readonly kind: ShapeKind;
  readonly frameIndex: number;
  readonly points: readonly Point[];
  /** As they were saved; what the device reads itself goes before them. */
  readonly quantities: readonly Quantity[];
  /** Only one's own can be changed. */
  readonly isOwn: boolean;
  readonly author: string;
  /** Why it is not saved. */
  readonly fault: string | undefined;
}

export type NewShape = Pick<Shape, 'frameIndex' | 'points' | 'quantities'> & { readonly kind: Kind };

/** What the viewer needs of whoever keeps the measurements. */
export interface Measuring {
  readonly shapes: readonly Shape[];
  /** A new object each time one is chosen: choosing the same one again brings its slice back. */
  readonly selected: { readonly key: string } | undefined;
  readonly mayDraw: boolean;
  readonly canUndo: boolean;
  readonly onSelect: (key: string | undefined) => void;
  /** Keeps a new one, which is the chosen one then. */
  readonly onDraw: (shape: NewShape) => void;
  readonly onChange: (key: string, points: readonly Point[], quantities: readonly Quantity[]) => void;
  readonly onDelete: (key: string) => void;
  readonly onUndo: () => void;
  /** What was deleted is not wanted back. */
  readonly onForget: () => void;
  readonly onRetry: (key: string) => void;
}
