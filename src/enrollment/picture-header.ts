/** What a picture says about itself before anything is decoded. */
export interface PictureHeader {
  readonly format: "png" | "jpeg";
  readonly width: number;
  readonly height: number;
}

const PNG_SIGNATURE = Buffer.from("89504e470d0a1a0a", "hex");
const PNG_HEADER_BYTES = 24;

/** The size that a PNG or JPEG announces, or null when the bytes are neither, or end before they tell. */
export function readPictureHeader(bytes: Buffer): PictureHeader | null {
  return readPngHeader(bytes) ?? readJpegHeader(bytes);
}

function readPngHeader(bytes: Buffer): PictureHeader | null {
  const isPng = bytes.length >= PNG_HEADER_BYTES && bytes.subarray(0, PNG_SIGNATURE.length).equals(PNG_SIGNATURE);
  return isPng ? { format: "png", width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) } : null;
}

/** Walks the segments of a JPEG up to the frame header (SOF0 to SOF15, but for DHT, JPG and DAC, which share its numbers). */
function readJpegHeader(bytes: Buffer): PictureHeader | null {
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) return null;
  for (let at = 2; at + 9 <= bytes.length; ) {
    if (bytes[at] !== 0xff) return null;
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) {
      at += 1;
    } else if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      return { format: "jpeg", width: bytes.readUInt16BE(at + 7), height: bytes.readUInt16BE(at + 5) };
    } else {
      at += 2 + Math.max(2, bytes.readUInt16BE(at + 2));
    }
  }
  return null;
}

/** A PNG without the bytes that some programs leave behind its end, which decoders refuse. */
export function cutAfterEnd(bytes: Buffer): Buffer {
  for (let at = PNG_SIGNATURE.length; at + 12 <= bytes.length; ) {
    const end = at + 12 + bytes.readUInt32BE(at);
    if (bytes.toString("latin1", at + 4, at + 8) === "IEND") return bytes.subarray(0, end);
    at = end;
  }
  return bytes;
}
