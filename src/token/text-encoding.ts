import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";

/**
 * Decodes a text file of any program: UTF-8, or UTF-16 in either byte order, with or without a byte
 * order mark, which is removed. Without a mark, bytes are read as UTF-16 only where every second
 * byte is zero, as in Latin text. `source` names the file in the error. Throws FobError `invalid`
 * for other encodings, because replacing undecodable bytes would make different secrets equal, and
 * for zero characters, because UTF-32 would be read as text with them.
 */
export function decodeText(bytes: Buffer, source: string, hint = t("save it as UTF-8")): string {
  const text = decoded(bytes);
  if (text !== null && !text.includes("\0")) return text;
  throw new FobError("invalid", t`${source} is not UTF-8 (or UTF-16 with a byte order mark)`, {
    hint,
  });
}

/** The text, or null for bytes in another encoding. */
function decoded(bytes: Buffer): string | null {
  if (startsWith(bytes, [0xef, 0xbb, 0xbf])) return fromUtf8(bytes.subarray(3));
  if (startsWith(bytes, [0xff, 0xfe])) return fromUtf16(bytes.subarray(2), "little");
  if (startsWith(bytes, [0xfe, 0xff])) return fromUtf16(bytes.subarray(2), "big");
  const order = byteOrder(bytes);
  return order === null ? fromUtf8(bytes) : fromUtf16(bytes, order);
}

function fromUtf8(bytes: Buffer): string | null {
  const text = bytes.toString("utf8");
  return Buffer.from(text).equals(bytes) ? text : null;
}

/** Null for an odd number of bytes or a lone surrogate. */
function fromUtf16(bytes: Buffer, order: "little" | "big"): string | null {
  if (bytes.length % 2 !== 0) return null;
  const text = (order === "big" ? Buffer.from(bytes).swap16() : bytes).toString("utf16le");
  return /\p{Surrogate}/u.test(text) ? null : text;
}

function startsWith(bytes: Buffer, mark: readonly number[]): boolean {
  return mark.every((byte, i) => bytes[i] === byte);
}

/**
 * Detects UTF-16 without a byte order mark from the first bytes: text in UTF-8 has no zero bytes.
 * Null for everything else.
 */
function byteOrder(bytes: Buffer): "little" | "big" | null {
  if (bytes.length < 2 || bytes.length % 2 !== 0) return null;
  const start = bytes.subarray(0, 1024);
  const zeros = { even: 0, odd: 0 };
  start.forEach((byte, i) => {
    if (byte === 0) zeros[i % 2 === 0 ? "even" : "odd"]++;
  });
  const enough = start.length / 4;
  if (zeros.even === 0 && zeros.odd >= enough) return "little";
  return zeros.odd === 0 && zeros.even >= enough ? "big" : null;
}
