import { CanvasRenderer } from './canvas-renderer';
import type { Renderer } from './scene';
import { WebglRenderer } from './webgl-renderer';

/** WebGL2 where the device has it, else the plain canvas. `onRestored` asks for a new picture after a lost context. */
export function createRenderer(canvas: HTMLCanvasElement, onRestored: () => void): Renderer {
  const gl = canvas.getContext('webgl2', {
    alpha: false,
    antialias: false,
    depth: false,
    preserveDrawingBuffer: false,
  });
  return gl ? new WebglRenderer(canvas, gl, onRestored) : new CanvasRenderer(canvas);
}
