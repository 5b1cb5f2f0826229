import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";

/**
 * The text of a file that people made, whatever program wrote it: UTF-8, or UTF-16 of either byte
 * order, with or without a byte order mark, which is no part of the text. Without one, bytes are
 * UTF-16 only where nothing else is possible: every second byte of a Latin text is zero. `source`
 * names it. Throws FobError `invalid` for what is neither: different bytes would give the same
 * text. No text holds a zero character; UTF-32 would look like one that does.
 */
export function decodeText(bytes: Buffer, source: string, hint = t("save it as UTF-8")): string {
  const text = decoded(bytes);
  if (text !== null && !text.includes("\0")) return text;
  throw new FobError("invalid", t`${source} is not UTF-8 (or UTF-16 with a byte order mark)`, {
    hint,
  });
}

/** The text, or null where the bytes are none. */
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

/** Half a pair at the end, or half a character, is no text. */
function fromUtf16(bytes: Buffer, order: "little" | "big"): string | null {
  if (bytes.length % 2 !== 0) return null;
  const text = (order === "big" ? Buffer.from(bytes).swap16() : bytes).toString("utf16le");
  return /\p{Surrogate}/u.test(text) ? null : text;
}

function startsWith(bytes: Buffer, mark: readonly number[]): boolean {
  return mark.every((byte, i) => bytes[i] === byte);
}

/**
 * How UTF-16 without a mark is stored, judged by its beginning; null for everything else. No text
 * in UTF-8 holds a zero byte.
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
