import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { ReaderOptions } from "zxing-wasm/reader";
import { type GrayPicture, toColor } from "./gray-picture.ts";

/** More codes than a page of recovery codes or a batch of migration codes shows. */
const MAX_CODES = 32;

const OPTIONS: ReaderOptions = { formats: ["QRCode", "MicroQRCode"], tryHarder: true, maxNumberOfSymbols: MAX_CODES };

/** The texts of the QR codes in a picture file or in pixels, each once; empty when none is found or the file cannot be read. */
export async function decodeWithZxing(picture: Uint8Array | GrayPicture): Promise<string[]> {
  const { readBarcodes } = await loadZxing();
  const input = picture instanceof Uint8Array ? picture : toColor(picture);
  const results = await readBarcodes(input as Uint8Array, OPTIONS);
  // a code whose error correction does not come out says so, and is never taken for one that does
  return [...new Set(results.filter(({ isValid }) => isValid).map(({ text }) => text))];
}

/** The text of a QR code in pixels, or none. Slower and weaker as a rule, and sometimes luckier. */
export async function decodeWithJsqr(picture: GrayPicture): Promise<string[]> {
  const { default: jsqr } = await import("jsqr");
  // a CommonJS module: its types place the function one level deeper than Node does
  const decode = jsqr as unknown as typeof jsqr.default;
  const { data, width, height } = toColor(picture);
  const found = decode(data, width, height, { inversionAttempts: "attemptBoth" });
  return found ? [decodeText(Uint8Array.from(found.binaryData))] : [];
}

let zxing: Promise<typeof import("zxing-wasm/reader")> | null = null;

function loadZxing() {
  zxing ??= prepareZxing();
  return zxing;
}

/** The package would fetch its machine code from the network, unless it is given the one that lies beside it. */
async function prepareZxing() {
  const reader = await import("zxing-wasm/reader");
  const path = createRequire(import.meta.url).resolve("zxing-wasm/reader/zxing_reader.wasm");
  const { buffer } = Uint8Array.from(await readFile(path));
  reader.prepareZXingModule({ overrides: { wasmBinary: buffer } });
  return reader;
}

/** The bytes of the code are UTF-8 as a rule, and Latin-1 otherwise; the decoder's own text is neither when it guesses wrong. */
function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return Buffer.from(bytes).toString("latin1");
  }
}
