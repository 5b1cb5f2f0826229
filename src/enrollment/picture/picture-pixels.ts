import type { Sharp } from "sharp";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { ColorPicture, GrayPicture } from "./gray-picture.ts";

/**
 * Larger pictures are looked at in a copy of this side: finer detail is noise more often than code.
 */
const SIDE = 1_600;

/**
 * The side of the copy for a look at the whole of a large photograph, in which a small code is
 * still one.
 */
const OVERVIEW_SIDE = 3_000;

/**
 * The pixels of a picture file, on its shorter and longer side {@link SIDE} at most. Rejects with
 * FobError `invalid` for a damaged one, `unavailable` for one that only a missing package may read.
 */
export async function readPixels(bytes: Buffer, source: string): Promise<ColorPicture> {
  const picture =
    (await readWithSharp(bytes, SIDE, (image) => image.toColourspace("srgb").ensureAlpha())) ??
    (await readWithJimp(bytes));
  if (picture) return picture;
  if (await loadSharp()) throw new FobError("invalid", t`${source} is a damaged picture`);
  throw new FobError(
    "unavailable",
    t`${source} cannot be read without the package sharp, which is missing`,
    {
      hint: t("save it as PNG, or install fob with its optional packages"),
    },
  );
}

/**
 * A large picture in gray on white, on its longer side {@link OVERVIEW_SIDE} at most; null where
 * {@link readPixels} must do.
 */
export async function readOverview(bytes: Buffer): Promise<GrayPicture | null> {
  const pixels = await readWithSharp(bytes, OVERVIEW_SIDE, (image) => {
    return image.flatten({ background: "white" }).toColourspace("b-w");
  });
  return pixels && { ...pixels, data: new Uint8ClampedArray(pixels.data) };
}

/** Null where its native part, an optional package, is missing. */
async function loadSharp() {
  try {
    return (await import("sharp")).default;
  } catch {
    // the other reader knows most formats
    return null;
  }
}

/**
 * Knows every format but BMP, and reads large photographs in a fraction of the memory that they
 * take.
 */
async function readWithSharp(
  bytes: Buffer,
  side: number,
  convert: (image: Sharp) => Sharp,
): Promise<ColorPicture | null> {
  const sharp = await loadSharp();
  if (!sharp) return null;
  sharp.cache(false);
  sharp.concurrency(1);
  try {
    const image = sharp(bytes, { failOn: "none", sequentialRead: true });
    const small = image.resize({
      width: side,
      height: side,
      fit: "inside",
      withoutEnlargement: true,
    });
    const { data, info } = await convert(small).raw().toBuffer({ resolveWithObject: true });
    return { data, width: info.width, height: info.height };
  } catch {
    // the next reader may know better
    return null;
  }
}

async function readWithJimp(bytes: Buffer): Promise<ColorPicture | null> {
  const { Jimp } = await import("jimp");
  try {
    const picture = await Jimp.fromBuffer(bytes);
    if (Math.max(picture.width, picture.height) > SIDE) picture.scaleToFit({ w: SIDE, h: SIDE });
    return picture.bitmap;
  } catch {
    // the decoder gives no other reason: the picture is damaged
    return null;
  }
}
