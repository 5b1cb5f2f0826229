import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { readForeignFile } from "#cli/inputs.ts";
import { MAX_PICTURE_BYTES, readEasyQrCodes } from "#enrollment/picture/easy-picture.ts";

/**
 * Reads the QR codes in a picture; `source` names it in messages. Most pictures are screenshots and
 * are read at once; the others are decoded in a separate process, by the built program in `folder`.
 */
export async function readQrCodes(
  folder: string,
  bytes: Buffer,
  source: string,
): Promise<string[]> {
  const found = await withLiftoff(() => readEasyQrCodes(bytes, source));
  if (found) return found;
  const { readQrCodesApart } = await import("#platform/program/picture-process.ts");
  return readQrCodesApart(join(folder, "decode-picture.cjs"), bytes, source);
}

/** {@link readQrCodes} for a picture file. */
export async function readPicture(folder: string, path: string): Promise<string[]> {
  return readQrCodes(folder, await readForeignFile(path, MAX_PICTURE_BYTES), path);
}

/**
 * Liftoff compiles faster, and an easy picture is read before the optimizing compiler would be
 * done; the separate process uses the latter. The flag is set for this work alone: compiled code is
 * kept with the flags of V8 at the end, and the next run begins without it (`useOf` of fob.ts).
 */
async function withLiftoff<T>(work: () => Promise<T>): Promise<T> {
  setFlagsFromString("--liftoff-only");
  try {
    return await work();
  } finally {
    setFlagsFromString("--no-liftoff-only");
  }
}
