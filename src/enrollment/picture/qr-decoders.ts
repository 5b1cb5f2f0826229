import type { Position, ReadResult } from "zxing-wasm/reader";
import { type Area, crop, type GrayPicture, toColor, toGraymap } from "./gray-picture.ts";
import { loadZxing, OPTIONS } from "./zxing.ts";

/** The weaker decoder takes its time: codes in one picture are all good, or none is. */
const MAX_CHECKED = 4;

/** The QR codes in pixels, as the stronger decoder reads them; none where it cannot be loaded. */
export async function findWithZxing(picture: GrayPicture): Promise<FoundCode[]> {
  const reader = await loadZxing();
  if (!reader) return [];
  const results = await reader.readBarcodes(toGraymap(picture), OPTIONS);
  return results.filter(({ isValid }) => isValid);
}

/** A code's text, its bytes, and its corners. */
export type FoundCode = Pick<ReadResult, "text" | "bytes" | "position">;

/**
 * Whether the weaker decoder reads other bytes at the position of one of these codes: then neither
 * is trusted. Texts are not compared: for bytes that are not ASCII, each decoder guesses an
 * encoding.
 */
export async function isContradicted(
  codes: readonly FoundCode[],
  picture: GrayPicture,
): Promise<boolean> {
  for (const { bytes, position } of codes.slice(0, MAX_CHECKED)) {
    const other = await bytesByJsqr(crop(picture, around(position)));
    if (other !== null && !other.equals(bytes)) return true;
  }
  return false;
}

/** The area of a code and a margin, which decoders need. */
function around({ topLeft, topRight, bottomLeft, bottomRight }: Position): Area {
  const corners = [topLeft, topRight, bottomLeft, bottomRight];
  const [xs, ys] = [corners.map(({ x }) => x), corners.map(({ y }) => y)];
  const margin = (Math.max(...xs) - Math.min(...xs)) / 6;
  return {
    left: Math.floor(Math.min(...xs) - margin),
    top: Math.floor(Math.min(...ys) - margin),
    right: Math.ceil(Math.max(...xs) + margin),
    bottom: Math.ceil(Math.max(...ys) + margin),
  };
}

/**
 * The text of a QR code in pixels, as the weaker decoder reads it, which is much slower and
 * sometimes luckier.
 */
export async function findWithJsqr(picture: GrayPicture): Promise<string | null> {
  const bytes = await bytesByJsqr(picture);
  return bytes && decodeText(bytes);
}

async function bytesByJsqr(picture: GrayPicture): Promise<Buffer | null> {
  const { default: jsqr } = await import("jsqr");
  // a CommonJS module: its types place the function one level deeper than Node does
  const decode = jsqr as unknown as typeof jsqr.default;
  const { data, width, height } = toColor(picture);
  const found = decode(data, width, height, { inversionAttempts: "attemptBoth" });
  // an empty text is what noise looks like to it
  if (!found || found.binaryData.length === 0) return null;
  return Buffer.from(found.binaryData);
}

/**
 * The bytes of the code are UTF-8 as a rule, and Latin-1 otherwise; the decoder's own text is
 * neither when it guesses wrong.
 */
function decodeText(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return bytes.toString("latin1");
  }
}
