import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { CanvasRenderer } from './canvas-renderer';
import { type Placement, type Point, type Size, toScreen } from './placement';
import type { Scene } from './scene';

/** CSS pixels: across, and from the finger to the loupe's middle. */
const ACROSS = 112;
const AWAY = 104;
const ENLARGED = 3;

interface LoupeProps {
  /** The point of the image that the finger hides. */
  readonly point: Point;
  readonly scene: Scene;
  readonly screen: Size;
}

/** What lies under the finger, enlarged above it, or beside it where there is no room. */
export function Loupe({ point, scene, screen }: LoupeProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [renderer, setRenderer] = useState<CanvasRenderer>();
  const at = toScreen(scene.placement, point);
  useLayoutEffect(() => {
    if (!canvas.current) return;
    canvas.current.width = ACROSS * scene.density;
    canvas.current.height = ACROSS * scene.density;
    const opened = new CanvasRenderer(canvas.current);
    setRenderer(opened);
    return () => opened.close();
  }, [scene.density]);
  useEffect(() => renderer?.draw({ ...scene, placement: placementUnder(scene.placement, at) }));
  const place = placeOfLoupe(at, screen);
  return (
    <div class="loupe" aria-hidden="true" style={{ left: `${place.x}px`, top: `${place.y}px` }}>
      <canvas ref={canvas} />
      <i />
    </div>
  );
}

/** The same picture, enlarged, with a point of the screen in the loupe's middle. */
export function placementUnder(placement: Placement, at: Point): Placement {
  return {
    ...placement,
    scale: placement.scale * ENLARGED,
    left: ACROSS / 2 - (at.x - placement.left) * ENLARGED,
    top: ACROSS / 2 - (at.y - placement.top) * ENLARGED,
  };
}

/** Upper left corner: above the finger, at the top of the screen beside it, always whole. */
export function placeOfLoupe(at: Point, screen: Size): Point {
  const isRoomAbove = at.y - AWAY - ACROSS / 2 >= 0;
  const side = at.x > screen.width / 2 ? -1 : 1;
  const middle = isRoomAbove ? { x: at.x, y: at.y - AWAY } : { x: at.x + side * AWAY, y: at.y };
  return {
    x: Math.min(screen.width - ACROSS, Math.max(0, middle.x - ACROSS / 2)),
    y: Math.min(screen.height - ACROSS, Math.max(0, middle.y - ACROSS / 2)),
  };
}
