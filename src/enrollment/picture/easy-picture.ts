import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { cutAfterEnd, type PictureHeader, readPictureHeader } from "./picture-header.ts";
import { decodeWithZxing } from "./zxing.ts";

/** The largest picture file that is read, in bytes. */
export const MAX_PICTURE_BYTES = 64 * 1024 * 1024;

/** The largest picture that is decoded: a few kilobytes can announce gigabytes. */
const MAX_PIXELS = 50_000_000;

/**
 * Files up to these sizes are harmless to decode, whatever they hold: a PNG grows a thousandfold at
 * most.
 */
const SMALL = { bytes: 64 * 1024, pixels: 4_000_000 };

/**
 * The texts of the QR codes in a small picture that is easy to read; null for every other one. It
 * needs little time and memory whatever the file holds. `source` names the picture in messages.
 * Rejects with FobError `invalid` for what is no picture, or too large a one.
 */
export async function readEasyQrCodes(bytes: Buffer, source: string): Promise<string[] | null> {
  const { format, width, height } = checkPicture(bytes, source);
  if (bytes.length > SMALL.bytes || width * height > SMALL.pixels) return null;
  const found = await decodeWithZxing(format === "png" ? cutAfterEnd(bytes) : bytes);
  return found.length > 0 ? found : null;
}

/**
 * The header of a picture. Throws FobError `invalid` for what is no picture, a damaged one or too
 * large a one.
 */
export function checkPicture(bytes: Buffer, source: string): PictureHeader {
  const header = readPictureHeader(bytes);
  if (!header)
    throw new FobError("invalid", t`${source} is not a PNG, JPEG, GIF, BMP, TIFF or WebP picture`);
  const { width, height } = header;
  if (width * height > MAX_PIXELS) {
    const limit = t`at most ${MAX_PIXELS / 1e6} megapixels are read`;
    throw new FobError("invalid", t`${source} has ${width} x ${height} pixels: ${limit}`);
  }
  if (width * height === 0) throw new FobError("invalid", t`${source} is a damaged picture`);
  return header;
}
