import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { readForeignFile } from "#cli/inputs.ts";
import { MAX_PICTURE_BYTES, readEasyQrCodes } from "#enrollment/picture/easy-picture.ts";

/**
 * The texts of the QR codes in a picture, which `source` names in messages. Most pictures are
 * screenshots and read at once; the others are decoded where they can do no harm, by the built
 * program in `folder`.
 */
export async function readQrCodes(
  folder: string,
  bytes: Buffer,
  source: string,
): Promise<string[]> {
  // an easy picture is read before the better compiler would be done with the decoder; a process of
  // its own has it for the others
  setFlagsFromString("--liftoff-only");
  const found = await readEasyQrCodes(bytes, source);
  if (found) return found;
  const { readQrCodesApart } = await import("#platform/program/picture-process.ts");
  return readQrCodesApart(join(folder, "decode-picture.cjs"), bytes, source);
}

/** {@link readQrCodes} of a picture file. */
export async function readPicture(folder: string, path: string): Promise<string[]> {
  return readQrCodes(folder, await readForeignFile(path, MAX_PICTURE_BYTES), path);
}
