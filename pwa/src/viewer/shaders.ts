/** One triangle over the whole canvas; each fragment asks which pixel of the image lies under it. */
export const VERTEX = `#version 300 es
void main() {
  vec2 corner = vec2(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0);
  gl_Position = vec4(corner, 0.0, 1.0);
}`;

const HEAD = `#version 300 es
precision highp float;
precision highp int;
uniform vec2 canvasSize;
uniform vec2 origin;
uniform vec2 pixelSize;
// Columns: where the image's right and down point to on the screen. Turnings keep lengths, so that transposing undoes them.
uniform mat2 turning;
uniform ivec2 imageSize;
out vec4 colour;
// Pixel position, in fractions of pixels from the outer corner of the first one.
vec2 place() {
  vec2 at = vec2(gl_FragCoord.x, canvasSize.y - gl_FragCoord.y);
  return (transpose(turning) * (at - origin)) / pixelSize;
}
bool isOutside(vec2 at) {
  return at.x < 0.0 || at.y < 0.0 || at.x >= float(imageSize.x) || at.y >= float(imageSize.y);
}`;

/**
 * Grey: stored values stay integers, so that none is rounded, and are interpolated here, since textures of integers
 * cannot be; the four neighbours' values are blended before the window, as a scanner's console does.
 */
export const greyShader = (isSigned: boolean): string => `${HEAD}
uniform highp ${isSigned ? 'isampler2D' : 'usampler2D'} image;
uniform vec2 rescale;
uniform vec2 ramp;
uniform bool isInverted;
uniform bool hasPadding;
uniform int padding;
int stored(ivec2 at) {
  return int(texelFetch(image, clamp(at, ivec2(0), imageSize - 1), 0).r);
}
void main() {
  vec2 at = place();
  if (isOutside(at)) { colour = vec4(0.0, 0.0, 0.0, 1.0); return; }
  if (hasPadding && stored(ivec2(at)) == padding) { colour = vec4(0.0, 0.0, 0.0, 1.0); return; }
  vec2 centred = at - 0.5;
  ivec2 first = ivec2(floor(centred));
  vec2 part = centred - vec2(first);
  float above = mix(float(stored(first)), float(stored(first + ivec2(1, 0))), part.x);
  float below = mix(float(stored(first + ivec2(0, 1))), float(stored(first + ivec2(1, 1))), part.x);
  float value = mix(above, below, part.y) * rescale.x + rescale.y;
  float grey = clamp((value - ramp.x) / ramp.y, 0.0, 1.0);
  colour = vec4(vec3(isInverted ? 1.0 - grey : grey), 1.0);
}`;

/** Colour pictures and previews: smoothed by the texture unit. A preview is inverted here; colours never are. */
export const COLOUR = `${HEAD}
uniform sampler2D image;
uniform bool isInverted;
void main() {
  vec2 at = place();
  vec3 seen = texture(image, at / vec2(imageSize)).rgb;
  colour = isOutside(at) ? vec4(0.0, 0.0, 0.0, 1.0) : vec4(isInverted ? 1.0 - seen : seen, 1.0);
}`;
