// A program of its own: reads a picture on standard input and tells the texts of its QR codes, or
// why there are none. Whoever started it ends it when it takes too long or too much memory, which
// no program can do to itself.
import { buffer } from "node:stream/consumers";
import { FobError } from "#base/fob-error.ts";
import { readQrCodes } from "#enrollment/picture/picture.ts";
import type { PictureAnswer } from "#enrollment/picture/picture-answer.ts";

const [source = "the picture"] = process.argv.slice(2);

void buffer(process.stdin).then(async (picture) =>
  process.stdout.write(JSON.stringify(await answer(picture))),
);

async function answer(picture: Buffer): Promise<PictureAnswer> {
  try {
    return { texts: await readQrCodes(picture, source) };
  } catch (error) {
    if (!(error instanceof FobError)) throw error;
    const { code, message, hint } = error;
    return { refusal: { code, message, hint } };
  }
}
