import type { LosslessPicture, Picture } from './picture';
import type { Renderer, Scene } from './scene';
import { COLOUR, greyShader, VERTEX } from './shaders';

type ShaderName = 'signed' | 'unsigned' | 'colour';

/** Draws stored values through a window on the graphics processor. */
export class WebglRenderer implements Renderer {
  readonly name = 'webgl2';
  readonly #canvas: HTMLCanvasElement;
  readonly #gl: WebGL2RenderingContext;
  readonly #onRestored: () => void;
  readonly #programs = new Map<ShaderName, WebGLProgram>();
  readonly #places = new Map<WebGLProgram, Map<string, WebGLUniformLocation | null>>();
  #texture: WebGLTexture | null = null;
  #uploaded = '';

  constructor(canvas: HTMLCanvasElement, gl: WebGL2RenderingContext, onRestored: () => void) {
    this.#canvas = canvas;
    this.#gl = gl;
    this.#onRestored = onRestored;
    canvas.addEventListener('webglcontextlost', this.#lose);
    canvas.addEventListener('webglcontextrestored', this.#restore);
  }

  draw({ picture, shading, placement, density }: Scene): void {
    const gl = this.#gl;
    gl.viewport(0, 0, this.#canvas.width, this.#canvas.height);
    gl.clearColor(0, 0, 0, 1);
    gl.clear(gl.COLOR_BUFFER_BIT);
    if (!picture || gl.isContextLost()) return;
    const program = this.#program(shaderOf(picture));
    if (!program) return;
    gl.useProgram(program);
    this.#upload(picture);
    const place = (name: string) => this.#place(program, name);
    const { left, top, scale, aspect, turning } = placement;
    gl.uniform2f(place('canvasSize'), this.#canvas.width, this.#canvas.height);
    gl.uniform2f(place('origin'), left * density, top * density);
    gl.uniform2f(place('pixelSize'), scale * density, scale * aspect * density);
    gl.uniformMatrix2fv(place('turning'), false, [turning.xx, turning.yx, turning.xy, turning.yy]);
    gl.uniform2i(place('imageSize'), picture.width, picture.height);
    gl.uniform2f(place('rescale'), shading.slope, shading.intercept);
    gl.uniform2f(place('ramp'), shading.black, shading.span);
    gl.uniform1i(place('isInverted'), shading.isInverted ? 1 : 0);
    gl.uniform1i(place('hasPadding'), shading.padding === undefined ? 0 : 1);
    gl.uniform1i(place('padding'), shading.padding ?? 0);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  close(): void {
    this.#canvas.removeEventListener('webglcontextlost', this.#lose);
    this.#canvas.removeEventListener('webglcontextrestored', this.#restore);
    this.#gl.deleteTexture(this.#texture);
    for (const program of this.#programs.values()) this.#gl.deleteProgram(program);
    this.#programs.clear();
  }

  readonly #lose = (event: Event) => event.preventDefault();

  readonly #restore = () => {
    this.#programs.clear();
    this.#places.clear();
    this.#texture = null;
    this.#uploaded = '';
    this.#onRestored();
  };

  #upload(picture: Picture): void {
    const gl = this.#gl;
    this.#texture ??= gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, this.#texture);
    if (this.#uploaded === picture.key) return;
    this.#uploaded = picture.key;
    const filter = shaderOf(picture) === 'colour' ? gl.LINEAR : gl.NEAREST;
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, filter);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, filter);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    if (picture.kind === 'preview')
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, picture.bitmap);
    else this.#uploadStored(picture);
  }

  #uploadStored({ width, height, samples, pixels }: LosslessPicture): void {
    const gl = this.#gl;
    const [internal, format, type] =
      samples !== 1
        ? [gl.RGB8, gl.RGB, gl.UNSIGNED_BYTE]
        : pixels instanceof Int16Array
          ? [gl.R16I, gl.RED_INTEGER, gl.SHORT]
          : pixels instanceof Uint16Array
            ? [gl.R16UI, gl.RED_INTEGER, gl.UNSIGNED_SHORT]
            : pixels instanceof Int8Array
              ? [gl.R8I, gl.RED_INTEGER, gl.BYTE]
              : [gl.R8UI, gl.RED_INTEGER, gl.UNSIGNED_BYTE];
    gl.texImage2D(gl.TEXTURE_2D, 0, internal, width, height, 0, format, type, pixels);
  }

  #program(name: ShaderName): WebGLProgram | undefined {
    const known = this.#programs.get(name);
    if (known) return known;
    const gl = this.#gl;
    const program = gl.createProgram();
    const fragment = name === 'colour' ? COLOUR : greyShader(name === 'signed');
    for (const [type, source] of [
      [gl.VERTEX_SHADER, VERTEX],
      [gl.FRAGMENT_SHADER, fragment],
    ] as const) {
      const shader = gl.createShader(type);
      if (!shader) return undefined;
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
      gl.deleteShader(shader);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS)) return undefined;
    this.#programs.set(name, program);
    return program;
  }

  #place(program: WebGLProgram, name: string): WebGLUniformLocation | null {
    const places = this.#places.get(program) ?? new Map<string, WebGLUniformLocation | null>();
    this.#places.set(program, places);
    if (!places.has(name)) places.set(name, this.#gl.getUniformLocation(program, name));
    return places.get(name) ?? null;
  }
}

function shaderOf(picture: Picture): ShaderName {
  if (picture.kind === 'preview' || picture.samples !== 1) return 'colour';
  return picture.pixels instanceof Int16Array || picture.pixels instanceof Int8Array ? 'signed' : 'unsigned';
}
