// A separate program: reads a picture from standard input and prints the texts of its QR codes, or
// an error. Its parent kills it when it takes too much time or memory, which a process cannot
// reliably do to itself.
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { encodeError } from "#base/error-json.ts";
import { FobError } from "#base/fob-error.ts";
import { speak } from "#base/language.ts";
import { messagesFile } from "#base/messages-file.ts";
import { readQrCodes } from "#enrollment/picture/picture.ts";
import type { PictureAnswer } from "#enrollment/picture/picture-answer.ts";

const [source = "the picture"] = process.argv.slice(2);

const messages = join(fileURLToPath(import.meta.url), "../../messages");
speak(messagesFile(messages, process.env), () => undefined);

void buffer(process.stdin).then(async (picture) =>
  process.stdout.write(JSON.stringify(await answer(picture))),
);

async function answer(picture: Buffer): Promise<PictureAnswer> {
  try {
    return { texts: await readQrCodes(picture, source) };
  } catch (error) {
    if (!(error instanceof FobError)) throw error;
    return { refusal: encodeError(error) };
  }
}
