// Draws QR codes for the demonstration and the tests.
import { Jimp } from "jimp";
import { encode } from "uqr";

const WHITE = 0xffffffff;
const BLACK = 0x000000ff;

/**
 * A picture of a QR code that holds `text`. Colours are 0xRRGGBBAA; `canvas` is the size of a
 * larger picture around the code, in pixels.
 * @param {string} text
 * @param {{ moduleSize?: number, dark?: number, light?: number, canvas?: { width: number, height:
 *   number } }} [drawing]
 */
export function drawQr(text, { moduleSize = 6, dark = BLACK, light = WHITE, canvas } = {}) {
  const { data, size } = encode(text, { border: 4 });
  const side = size * moduleSize;
  const picture = new Jimp({
    width: canvas?.width ?? side,
    height: canvas?.height ?? side,
    color: light,
  });
  const [left, top] = [
    Math.floor((picture.width - side) / 2),
    Math.floor((picture.height - side) / 2),
  ];
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const isDark = data[Math.floor(y / moduleSize)]?.[Math.floor(x / moduleSize)];
      picture.setPixelColor(isDark ? dark : light, left + x, top + y);
    }
  }
  return picture;
}
