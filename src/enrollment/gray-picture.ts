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

/** The picture as a file in the portable graymap format (PGM), which takes a quarter of the bytes that colors do. */
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
  return { ...picture, data: picture.data.map((shade) => table[shade] ?? 0) };
}

/** The shades stretched so that `share` of the pixels at either end become black and white. */
export function stretchContrast(picture: GrayPicture, share: number): GrayPicture {
  const sorted = picture.data.slice().sort();
  const low = sorted[Math.floor(sorted.length * share)] ?? 0;
  const high = sorted[Math.ceil(sorted.length * (1 - share)) - 1] ?? 255;
  return mapShades(picture, (shade) => ((shade - low) * 255) / Math.max(1, high - low));
}

/** The picture scaled by these factors, each pixel the mean of four neighbours in place. */
export function scale(picture: GrayPicture, horizontal: number, vertical = horizontal): GrayPicture {
  const width = Math.max(1, Math.round(picture.width * horizontal));
  const height = Math.max(1, Math.round(picture.height * vertical));
  const source =
    horizontal < 1 || vertical < 1 ? blur(picture, Math.floor(1 / Math.min(horizontal, vertical) / 2)) : picture;
  return sample(source, width, height, (x, y) => [(x + 0.5) / horizontal - 0.5, (y + 0.5) / vertical - 0.5]);
}

/** The picture turned about its middle, on white. */
export function turn(picture: GrayPicture, degrees: number): GrayPicture {
  const angle = (degrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const { width, height } = picture;
  const side = Math.ceil(Math.hypot(width, height));
  return sample(picture, side, side, (x, y) => {
    const [dx, dy] = [x - side / 2, y - side / 2];
    return [dx * cos + dy * sin + width / 2, dy * cos - dx * sin + height / 2];
  });
}

/** The picture with a white border of this width. */
export function addBorder(picture: GrayPicture, border: number): GrayPicture {
  return sample(picture, picture.width + 2 * border, picture.height + 2 * border, (x, y) => [x - border, y - border]);
}

/** Each pixel the mean of the square around it that reaches `radius` pixels to every side. */
export function blur(picture: GrayPicture, radius: number): GrayPicture {
  if (radius < 1) return picture;
  const { width, height } = picture;
  const sums = integral(picture);
  const data = new Uint8ClampedArray(width * height);
  for (let y = 0; y < height; y++) {
    const [top, bottom] = [Math.max(0, y - radius), Math.min(height, y + radius + 1)];
    for (let x = 0; x < width; x++) {
      const [left, right] = [Math.max(0, x - radius), Math.min(width, x + radius + 1)];
      const at = (column: number, row: number) => sums[row * (width + 1) + column] ?? 0;
      const sum = at(right, bottom) - at(left, bottom) - at(right, top) + at(left, top);
      data[y * width + x] = sum / ((right - left) * (bottom - top));
    }
  }
  return { data, width, height };
}

/** Each pixel away from the mean around it, `strength` times as far. */
export function sharpen(picture: GrayPicture, radius: number, strength: number): GrayPicture {
  return combine(picture, blur(picture, radius), (shade, mean) => shade + (shade - mean) * strength);
}

/** Black where a pixel is darker than the mean around it, else white. */
export function threshold(picture: GrayPicture, radius: number): GrayPicture {
  return combine(picture, blur(picture, radius), (shade, mean) => (shade < mean - 5 ? 0 : 255));
}

/** Each pixel as bright as it is beside the mean around it, which becomes a light gray. */
export function flatten(picture: GrayPicture, radius: number): GrayPicture {
  return combine(picture, blur(picture, radius), (shade, mean) => (shade * LIGHT_GRAY) / Math.max(1, mean));
}

function combine(a: GrayPicture, b: GrayPicture, shade: (a: number, b: number) => number): GrayPicture {
  return { ...a, data: a.data.map((value, i) => Math.max(0, Math.min(255, shade(value, b.data[i] ?? 0)))) };
}

/** Sums of all pixels above and left of each, so that the sum of any rectangle takes four look-ups. */
function integral({ data, width, height }: GrayPicture): Float64Array {
  const sums = new Float64Array((width + 1) * (height + 1));
  for (let y = 0; y < height; y++) {
    let row = 0;
    for (let x = 0; x < width; x++) {
      row += data[y * width + x] ?? 0;
      sums[(y + 1) * (width + 1) + x + 1] = (sums[y * (width + 1) + x + 1] ?? 0) + row;
    }
  }
  return sums;
}

/** A new picture whose pixels come from where `origin` says, between pixels in proportion, and white from outside. */
function sample(
  { data, width, height }: GrayPicture,
  newWidth: number,
  newHeight: number,
  origin: (x: number, y: number) => readonly [number, number],
): GrayPicture {
  const pixel = (x: number, y: number) =>
    x < 0 || y < 0 || x >= width || y >= height ? 255 : (data[y * width + x] ?? 255);
  const sampled = new Uint8ClampedArray(newWidth * newHeight);
  for (let y = 0; y < newHeight; y++) {
    for (let x = 0; x < newWidth; x++) {
      const [atX, atY] = origin(x, y);
      const [left, top] = [Math.floor(atX), Math.floor(atY)];
      const [dx, dy] = [atX - left, atY - top];
      const upper = pixel(left, top) * (1 - dx) + pixel(left + 1, top) * dx;
      const lower = pixel(left, top + 1) * (1 - dx) + pixel(left + 1, top + 1) * dx;
      sampled[y * newWidth + x] = upper * (1 - dy) + lower * dy;
    }
  }
  return { data: sampled, width: newWidth, height: newHeight };
}
