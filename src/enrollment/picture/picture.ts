import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { checkPicture } from "./easy-picture.ts";
import { fitInto, type GrayPicture } from "./gray-picture.ts";
import { cutAfterEnd } from "./picture-header.ts";
import { readOverview, readPixels } from "./picture-pixels.ts";
import { variantsOf } from "./picture-variants.ts";
import { type FoundCode, findWithJsqr, findWithZxing, isContradicted } from "./qr-decoders.ts";
import { decodeWithZxing, loadZxing } from "./zxing.ts";

/**
 * Up to this size a picture is first read whole; a larger one would take more memory than it may
 * have.
 */
const MAX_WHOLE_PIXELS = 12_000_000;

/** The weaker decoder takes more than a second for a large picture. */
const JSQR_SIDE = 800;

/**
 * How long a difficult picture is tried, in milliseconds. It counts as processor time too, so that
 * a machine that has other things to do tries as much as a quiet one.
 */
const PATIENCE = 1_800;

/**
 * The texts of the QR codes in a picture: PNG, JPEG, GIF, BMP, TIFF or WebP. `source` names the
 * picture in messages. Rejects with FobError `invalid` for what is no such picture, is damaged, too
 * large, holds no code, or one that decoders disagree about.
 */
export async function readQrCodes(bytes: Buffer, source: string): Promise<string[]> {
  const isOver = patience();
  const { format, width, height } = checkPicture(bytes, source);
  const clean = format === "png" ? cutAfterEnd(bytes) : bytes;
  const isLarge = width * height > MAX_WHOLE_PIXELS;
  const atOnce = isLarge ? await readLarge(clean) : await decodeWithZxing(clean);
  if (atOnce.length > 0) return atOnce;
  const found = await tryHard(clean, source, isOver);
  if (found.length > 0) return found;
  throw new FobError("invalid", t`no QR code found in ${source}`, {
    hint: t("cut the picture to the code, with a white margin around it, and make it larger"),
  });
}

async function readLarge(bytes: Buffer): Promise<string[]> {
  const overview = await readOverview(bytes);
  return overview ? textsOf(await findWithZxing(overview)) : [];
}

/**
 * Looks at the picture in one way after another until a code is found or time is up: with the
 * stronger decoder, and when that finds nothing at all, with the weaker one.
 */
async function tryHard(bytes: Buffer, source: string, isOver: () => boolean): Promise<string[]> {
  const picture = await readPixels(bytes, source);
  const isThere = (await loadZxing()) !== null;
  for (const variant of isThere ? variantsOf(picture) : []) {
    const codes = await findWithZxing(variant);
    if (codes.length > 0) return agreedTexts(codes, variant, source);
    if (isOver()) return [];
  }
  for (const variant of variantsOf(picture)) {
    const text = await findWithJsqr(fitInto(variant, JSQR_SIDE));
    if (text !== null) return [text];
    if (isOver()) return [];
  }
  return [];
}

async function agreedTexts(
  codes: readonly FoundCode[],
  variant: GrayPicture,
  source: string,
): Promise<string[]> {
  if (!(await isContradicted(codes, variant))) return textsOf(codes);
  throw new FobError("invalid", t`two decoders read different texts from one code in ${source}`, {
    hint: t("take a sharper picture of it"),
  });
}

function textsOf(codes: readonly FoundCode[]): string[] {
  return [...new Set(codes.map(({ text }) => text))];
}

/**
 * A function that returns whether {@link PATIENCE} has passed since this call, on the clock and in
 * processor time.
 */
function patience(): () => boolean {
  const [begin, used] = [performance.now(), process.cpuUsage()];
  return () => {
    const { user, system } = process.cpuUsage(used);
    return Math.min(performance.now() - begin, (user + system) / 1_000) > PATIENCE;
  };
}
