import { Jimp } from "jimp";
import { encode } from "uqr";

/** How a QR code is drawn: colours as 0xRRGGBBAA, sizes in pixels. */
export interface Drawing {
  readonly moduleSize?: number;
  readonly margin?: number;
  readonly dark?: number;
  readonly light?: number;
  /** Side of a canvas around the code, in the light colour. */
  readonly canvas?: { readonly width: number; readonly height: number };
}

const WHITE = 0xffffffff;
const BLACK = 0x000000ff;

/** A picture of a QR code that holds `text`. */
export function drawQr(
  text: string,
  { moduleSize = 6, margin = 4, dark = BLACK, light = WHITE, canvas }: Drawing = {},
) {
  const { data, size } = encode(text, { border: margin });
  const side = size * moduleSize;
  const picture = new Jimp({ width: canvas?.width ?? side, height: canvas?.height ?? side, color: light });
  const [left, top] = [Math.floor((picture.width - side) / 2), Math.floor((picture.height - side) / 2)];
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const isDark = data[Math.floor(y / moduleSize)]?.[Math.floor(x / moduleSize)];
      picture.setPixelColor(isDark ? dark : light, left + x, top + y);
    }
  }
  return picture;
}
