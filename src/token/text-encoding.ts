/**
 * The text of a file that people made, whatever program wrote it: UTF-8, or UTF-16 of either byte order, with or without a byte order mark,
 * which is no part of the text. Without one, bytes are UTF-16 only where nothing else is possible: every second byte of a Latin text is zero.
 */
export function decodeText(bytes: Buffer): string {
  if (startsWith(bytes, [0xef, 0xbb, 0xbf])) return bytes.toString("utf8", 3);
  if (startsWith(bytes, [0xff, 0xfe])) return bytes.toString("utf16le", 2);
  if (startsWith(bytes, [0xfe, 0xff])) return swapped(bytes.subarray(2)).toString("utf16le");
  const order = byteOrder(bytes);
  if (order === null) return bytes.toString("utf8");
  return (order === "big" ? swapped(bytes) : bytes).toString("utf16le");
}

function startsWith(bytes: Buffer, mark: readonly number[]): boolean {
  return mark.every((byte, i) => bytes[i] === byte);
}

/** How UTF-16 without a mark is stored, judged by its beginning; null for everything else. No text in UTF-8 holds a zero byte. */
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

/** A copy with the bytes of every pair changed over; half a pair at the end is left out. */
function swapped(bytes: Buffer): Buffer {
  return Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % 2))).swap16();
}
