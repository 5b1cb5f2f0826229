/** A picture in shades of gray, one byte a pixel, row by row; 255 is white. */
export interface GrayPicture {
  readonly data: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

/** A picture of four bytes a pixel: red, green, blue, opacity. */
export interface ColorPicture {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

const LIGHT_GRAY = 180;

/** How a pixel's channels become one shade. */
export type Shade = (red: number, green: number, blue: number) => number;

/** The picture in gray, on a background of this shade where it is transparent. */
export function toGray(
  { data, width, height }: ColorPicture,
  background: number,
  shade: Shade = luminance,
): GrayPicture {
  const gray = new Uint8ClampedArray(width * height);
  for (let i = 0; i < gray.length; i++) {
    const at = i * 4;
    const opacity = (data[at + 3] ?? 255) / 255;
    const value = shade(data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0);
    gray[i] = value * opacity + background * (1 - opacity);
  }
  return { data: gray, width, height };
}

function luminance(red: number, green: number, blue: number): number {
  return 0.299 * red + 0.587 * green + 0.114 * blue;
}

/** The picture in the four bytes a pixel that decoders take. */
export function toColor({ data, width, height }: GrayPicture): {
  data: Uint8ClampedArray;
  width: number;
  height: number;
} {
  const color = new Uint8ClampedArray(data.length * 4);
  for (let i = 0; i < data.length; i++) color.fill(data[i] ?? 0, i * 4, i * 4 + 3);
  for (let at = 3; at < color.length; at += 4) color[at] = 255;
  return { data: color, width, height };
}

/**
 * The picture as a file in the portable graymap format (PGM), which takes a quarter of the bytes
 * that colors do.
 */
export function toGraymap({ data, width, height }: GrayPicture): Uint8Array {
  const header = Buffer.from(`P5\n${width} ${height}\n255\n`);
  const file = new Uint8Array(header.length + data.length);
  file.set(header);
  file.set(data, header.length);
  return file;
}

/** Every shade replaced by `curve` of it. */
export function mapShades(picture: GrayPicture, curve: (shade: number) => number): GrayPicture {
  const table = Uint8ClampedArray.from({ length: 256 }, (_, shade) => curve(shade));
  const data = new Uint8ClampedArray(picture.data.length);
  for (let i = 0; i < data.length; i++) data[i] = table[picture.data[i] ?? 0] ?? 0;
  return { ...picture, data };
}

/** The shades stretched so that `share` of the pixels at either end become black and white. */
export function stretchContrast(picture: GrayPicture, share: number): GrayPicture {
  const counts = new Uint32Array(256);
  for (const shade of picture.data) counts[shade] = (counts[shade] ?? 0) + 1;
  const low = rank(counts, picture.data.length * share);
  const high = rank(counts, picture.data.length * (1 - share));
  return mapShades(picture, (shade) => ((shade - low) * 255) / Math.max(1, high - low));
}

/** The shade below which so many of the counted pixels are. */
function rank(counts: Uint32Array, pixels: number): number {
  let shade = 0;
  for (let below = counts[0] ?? 0; below < pixels && shade < 255; below += counts[shade] ?? 0)
    shade++;
  return shade;
}

/** The picture scaled by these factors, each pixel interpolated between four neighbours. */
export function scale(
  picture: GrayPicture,
  horizontal: number,
  vertical = horizontal,
): GrayPicture {
  const width = Math.max(1, Math.round(picture.width * horizontal));
  const height = Math.max(1, Math.round(picture.height * vertical));
  const shrinking = Math.floor(1 / Math.min(horizontal, vertical) / 2);
  const step = { column: [1 / horizontal, 0], row: [0, 1 / vertical] } as const;
  const origin = [0.5 / horizontal - 0.5, 0.5 / vertical - 0.5] as const;
  return sample(blur(picture, shrinking), width, height, origin, step);
}

/** The picture, made smaller when its longer side is longer than `side`. */
export function fitInto(picture: GrayPicture, side: number): GrayPicture {
  const longest = Math.max(picture.width, picture.height);
  return longest > side ? scale(picture, side / longest) : picture;
}

/** The picture turned about its middle, on white. */
export function turn(picture: GrayPicture, degrees: number): GrayPicture {
  const angle = (degrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const { width, height } = picture;
  const side = Math.ceil(Math.hypot(width, height));
  const half = side / 2;
  const origin = [width / 2 - half * (cos + sin), height / 2 + half * (sin - cos)] as const;
  return sample(picture, side, side, origin, { column: [cos, -sin], row: [sin, cos] });
}

/** The picture with a white border of this width. */
export function addBorder(picture: GrayPicture, border: number): GrayPicture {
  return crop(picture, {
    left: -border,
    top: -border,
    right: picture.width + border,
    bottom: picture.height + border,
  });
}

/** A part of a picture; white outside its edges. */
export interface Area {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** The part of a picture in an area with integer edges. */
export function crop(picture: GrayPicture, { left, top, right, bottom }: Area): GrayPicture {
  const [width, height] = [right - left, bottom - top];
  const data = new Uint8ClampedArray(width * height).fill(255);
  for (let y = Math.max(0, top); y < Math.min(picture.height, bottom); y++) {
    const row = picture.data.subarray(
      y * picture.width + Math.max(0, left),
      y * picture.width + Math.min(picture.width, right),
    );
    data.set(row, (y - top) * width + Math.max(0, -left));
  }
  return { data, width, height };
}

/** Each pixel the mean of the square around it that reaches `radius` pixels to every side. */
export function blur(picture: GrayPicture, radius: number): GrayPicture {
  if (radius < 1) return picture;
  const { width, height } = picture;
  const rows = new Uint8ClampedArray(picture.data.length);
  for (let y = 0; y < height; y++)
    average(picture.data, rows, { start: y * width, step: 1, length: width, radius });
  const data = new Uint8ClampedArray(picture.data.length);
  for (let x = 0; x < width; x++)
    average(rows, data, { start: x, step: width, length: height, radius });
  return { data, width, height };
}

interface Line {
  readonly start: number;
  readonly step: number;
  readonly length: number;
  readonly radius: number;
}

/** The means along one line of pixels: a sum that one pixel enters and one leaves at every step. */
function average(
  from: Uint8ClampedArray,
  to: Uint8ClampedArray,
  { start, step, length, radius }: Line,
): void {
  let sum = 0;
  let count = 0;
  for (let i = -radius; i < length; i++) {
    const [entering, leaving] = [i + radius, i - radius - 1];
    if (entering < length) {
      sum += from[start + entering * step] ?? 0;
      count++;
    }
    if (leaving >= 0) {
      sum -= from[start + leaving * step] ?? 0;
      count--;
    }
    if (i >= 0) to[start + i * step] = sum / count;
  }
}

/** Each pixel away from the mean around it, `strength` times as far. */
export function sharpen(picture: GrayPicture, radius: number, strength: number): GrayPicture {
  return combine(
    picture,
    blur(picture, radius),
    (shade, mean) => shade + (shade - mean) * strength,
  );
}

/** Black where a pixel is darker than the mean around it, else white. */
export function threshold(picture: GrayPicture, radius: number): GrayPicture {
  return combine(picture, blur(picture, radius), (shade, mean) => (shade < mean - 5 ? 0 : 255));
}

/** Each pixel as bright as it is beside the mean around it, which becomes a light gray. */
export function flatten(picture: GrayPicture, radius: number): GrayPicture {
  return combine(
    picture,
    blur(picture, radius),
    (shade, mean) => (shade * LIGHT_GRAY) / Math.max(1, mean),
  );
}

function combine(
  a: GrayPicture,
  b: GrayPicture,
  shade: (a: number, b: number) => number,
): GrayPicture {
  const data = new Uint8ClampedArray(a.data.length);
  for (let i = 0; i < data.length; i++) data[i] = shade(a.data[i] ?? 0, b.data[i] ?? 0);
  return { ...a, data };
}

type Vector = readonly [x: number, y: number];

/** A new picture with the pixels of a grid over the old one. */
function sample(
  picture: GrayPicture,
  width: number,
  height: number,
  [originX, originY]: Vector,
  { column, row }: { readonly column: Vector; readonly row: Vector },
): GrayPicture {
  const data = new Uint8ClampedArray(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const atX = originX + x * column[0] + y * row[0];
      const atY = originY + x * column[1] + y * row[1];
      data[y * width + x] = shadeAt(picture, atX, atY);
    }
  }
  return { data, width, height };
}

/** The shade between pixels in proportion; white beside the picture. */
function shadeAt({ data, width, height }: GrayPicture, x: number, y: number): number {
  if (x < -0.5 || y < -0.5 || x > width - 0.5 || y > height - 0.5) return 255;
  const [left, top] = [Math.max(0, Math.floor(x)), Math.max(0, Math.floor(y))];
  const [dx, dy] = [Math.max(0, x - left), Math.max(0, y - top)];
  const at = top * width + left;
  const next = left < width - 1 ? at + 1 : at;
  const below = top < height - 1 ? width : 0;
  const upper = (data[at] ?? 0) * (1 - dx) + (data[next] ?? 0) * dx;
  const lower = (data[at + below] ?? 0) * (1 - dx) + (data[next + below] ?? 0) * dx;
  return upper * (1 - dy) + lower * dy;
}
