import { FobError } from "../fob-error.ts";
import type { ColorPicture } from "./gray-picture.ts";
import { cutAfterEnd, type PictureHeader, readPictureHeader } from "./picture-header.ts";
import { variantsOf } from "./picture-variants.ts";
import { decodeWithJsqr, decodeWithZxing } from "./qr-decoders.ts";

/** The largest picture file that is read, in bytes. */
export const MAX_PICTURE_BYTES = 64 * 1024 * 1024;

/** The largest picture that is decoded: a few kilobytes can announce gigabytes. */
const MAX_PIXELS = 50_000_000;

/** How long a difficult picture is tried, in milliseconds. */
const PATIENCE = 2_000;

/**
 * The texts of the QR codes in a picture: PNG, JPEG, GIF, BMP or TIFF. `source` names the picture in messages. Rejects with FobError
 * `invalid` for what is no such picture, is damaged, too large, or holds no code.
 */
export async function readQrCodes(bytes: Buffer, source: string): Promise<string[]> {
  const header = readPictureHeader(bytes);
  if (!header) throw new FobError("invalid", `${source} is not a PNG, JPEG, GIF, BMP or TIFF picture`);
  refuseSize(header, source);
  const clean = header.format === "png" ? cutAfterEnd(bytes) : bytes;
  const atOnce = await decodeWithZxing(clean);
  if (atOnce.length > 0) return atOnce;
  const found = await tryHard(await decodePicture(clean, source));
  if (found.length > 0) return found;
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

async function decodePicture(bytes: Buffer, source: string): Promise<ColorPicture> {
  const { Jimp } = await import("jimp");
  try {
    return (await Jimp.fromBuffer(bytes)).bitmap;
  } catch (cause) {
    throw new FobError("invalid", `${source} is a damaged picture`, { cause });
  }
}

/** Looks at the picture in one way after another, with both decoders, until a code is found or patience ends. */
async function tryHard(picture: ColorPicture): Promise<string[]> {
  const deadline = performance.now() + PATIENCE;
  for (const variant of variantsOf(picture)) {
    for (const decode of [decodeWithZxing, decodeWithJsqr]) {
      const found = await decode(variant);
      if (found.length > 0) return found;
    }
    if (performance.now() > deadline) break;
  }
  return [];
}
