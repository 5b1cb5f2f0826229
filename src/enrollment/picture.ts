import { FobError } from "../fob-error.ts";
import { cutAfterEnd, type PictureHeader, readPictureHeader } from "./picture-header.ts";

/** The largest picture file that is read, in bytes. */
export const MAX_PICTURE_BYTES = 64 * 1024 * 1024;

/** The largest picture that is decoded: a few kilobytes can announce gigabytes. */
const MAX_PIXELS = 50_000_000;

/** Side lengths to which a picture is brought before a code is looked for; smaller is faster, larger finds finer codes. */
const SIDES = [1_200, 2_400];

interface Pixels {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

interface Picture extends Pixels {
  /** The picture made smaller, so that it fits into a square with this side. */
  scaleTo(side: number): Pixels;
}

/**
 * The texts of the QR codes in a PNG or JPEG picture. `source` names the picture in messages. Throws FobError `invalid` for
 * what is no such picture, is damaged, too large, or holds no code.
 */
export async function readQrCodes(bytes: Buffer, source: string): Promise<string[]> {
  const header = readPictureHeader(bytes);
  if (!header) throw new FobError("invalid", `${source} is not a PNG or JPEG picture`);
  refuseSize(header, source);
  const picture = await decodePicture(header.format === "png" ? cutAfterEnd(bytes) : bytes, source);
  const { default: jsqr } = await import("jsqr");
  // a CommonJS module: its types place the function one level deeper than Node does
  const decodeQr = jsqr as unknown as typeof jsqr.default;
  for (const pixels of candidates(picture)) {
    const found = decodeQr(pixels.data, pixels.width, pixels.height, { inversionAttempts: "attemptBoth" });
    if (found) return [decodeText(found)];
  }
  throw new FobError("invalid", `no QR code found in ${source}`, {
    hint: "cut the picture to the code, with a white margin around it, and make it larger",
  });
}

function refuseSize({ width, height }: PictureHeader, source: string): void {
  if (width * height > MAX_PIXELS) {
    throw new FobError(
      "invalid",
      `${source} has ${width} x ${height} pixels: at most ${MAX_PIXELS / 1e6} megapixels are read`,
    );
  }
  if (width * height === 0) throw new FobError("invalid", `${source} is a damaged picture`);
}

async function decodePicture(bytes: Buffer, source: string): Promise<Picture> {
  const { Jimp } = await import("jimp");
  try {
    const picture = await Jimp.fromBuffer(bytes);
    return { ...picture.bitmap, scaleTo: (side) => picture.clone().scaleToFit({ w: side, h: side }).bitmap };
  } catch (cause) {
    throw new FobError("invalid", `${source} is a damaged picture`, { cause });
  }
}

/** The picture in the ways in which a code may show: from small to large, and where it is transparent on white, then on black. */
function* candidates(picture: Picture): Generator<ClampedPixels> {
  const longest = Math.max(picture.width, picture.height);
  for (const [i, side] of SIDES.entries()) {
    if (i > 0 && longest <= (SIDES[i - 1] ?? 0)) break;
    const pixels = side < longest ? picture.scaleTo(side) : picture;
    yield onBackground(pixels, 255);
    if (isTransparent(pixels)) yield onBackground(pixels, 0);
  }
}

function isTransparent({ data }: Pixels): boolean {
  for (let at = 3; at < data.length; at += 4) if ((data[at] ?? 255) < 255) return true;
  return false;
}

interface ClampedPixels extends Pixels {
  readonly data: Uint8ClampedArray;
}

function onBackground({ data, width, height }: Pixels, background: number): ClampedPixels {
  const flat = new Uint8ClampedArray(data.length);
  for (let at = 0; at < data.length; at += 4) {
    const opacity = (data[at + 3] ?? 255) / 255;
    for (let channel = at; channel < at + 3; channel++) {
      flat[channel] = (data[channel] ?? 0) * opacity + background * (1 - opacity);
    }
    flat[at + 3] = 255;
  }
  return { data: flat, width, height };
}

/** The bytes of the code are UTF-8 as a rule, and Latin-1 otherwise; the decoder's own text is neither when it guesses wrong. */
function decodeText({ binaryData }: { readonly binaryData: readonly number[] }): string {
  const bytes = Uint8Array.from(binaryData);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return Buffer.from(bytes).toString("latin1");
  }
}
