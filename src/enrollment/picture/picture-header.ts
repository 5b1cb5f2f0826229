/** The header of a picture, read before anything is decoded. */
export interface PictureHeader {
  readonly format: "png" | "jpeg" | "gif" | "bmp" | "tiff" | "webp";
  readonly width: number;
  readonly height: number;
}

const PNG_SIGNATURE = Buffer.from("89504e470d0a1a0a", "hex");
const PNG_HEADER_BYTES = 24;

/** A TIFF's folder of tags is not read further than this; real ones have a few dozen. */
const MAX_TIFF_TAGS = 512;

const TIFF_WIDTH = 256;
const TIFF_HEIGHT = 257;

/**
 * The size that a picture announces, or null when the bytes are none that is known, or end before
 * they tell.
 */
export function readPictureHeader(bytes: Buffer): PictureHeader | null {
  const readers = [
    readPngHeader,
    readJpegHeader,
    readGifHeader,
    readBmpHeader,
    readTiffHeader,
    readWebpHeader,
  ];
  for (const read of readers) {
    const header = read(bytes);
    if (header) return header;
  }
  return null;
}

function readPngHeader(bytes: Buffer): PictureHeader | null {
  const isPng =
    bytes.length >= PNG_HEADER_BYTES &&
    bytes.subarray(0, PNG_SIGNATURE.length).equals(PNG_SIGNATURE);
  return isPng
    ? { format: "png", width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) }
    : null;
}

/**
 * Walks the segments of a JPEG up to the frame header (SOF0 to SOF15, but for DHT, JPG and DAC,
 * which share its numbers).
 */
function readJpegHeader(bytes: Buffer): PictureHeader | null {
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) return null;
  for (let at = 2; at + 9 <= bytes.length; ) {
    if (bytes[at] !== 0xff) return null;
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) {
      at += 1;
    } else if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      return {
        format: "jpeg",
        width: bytes.readUInt16BE(at + 7),
        height: bytes.readUInt16BE(at + 5),
      };
    } else {
      at += 2 + Math.max(2, bytes.readUInt16BE(at + 2));
    }
  }
  return null;
}

function readGifHeader(bytes: Buffer): PictureHeader | null {
  if (bytes.length < 10 || !/^GIF8[79]a$/.test(bytes.toString("latin1", 0, 6))) return null;
  return { format: "gif", width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) };
}

/** A negative height means that the rows go from top to bottom. */
function readBmpHeader(bytes: Buffer): PictureHeader | null {
  if (bytes.length < 26 || bytes.toString("latin1", 0, 2) !== "BM") return null;
  return {
    format: "bmp",
    width: Math.abs(bytes.readInt32LE(18)),
    height: Math.abs(bytes.readInt32LE(22)),
  };
}

/** Looks width and height up in the first folder of tags (TIFF 6.0 section 2). */
function readTiffHeader(bytes: Buffer): PictureHeader | null {
  const order = bytes.toString("latin1", 0, 2);
  if (bytes.length < 8 || (order !== "II" && order !== "MM")) return null;
  const isLittle = order === "II";
  const short = (at: number) => (isLittle ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
  const long = (at: number) => (isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  const folder = long(4);
  if (short(2) !== 42 || folder + 2 > bytes.length) return null;
  const size = new Map<number, number>();
  for (let tag = 0; tag < Math.min(short(folder), MAX_TIFF_TAGS); tag++) {
    const at = folder + 2 + tag * 12;
    if (at + 12 > bytes.length) return null;
    size.set(short(at), short(at + 2) === 3 ? short(at + 8) : long(at + 8));
  }
  const [width, height] = [size.get(TIFF_WIDTH), size.get(TIFF_HEIGHT)];
  return width === undefined || height === undefined ? null : { format: "tiff", width, height };
}

/**
 * The size in the first chunk: lossy (`VP8 `), lossless (`VP8L`) or extended (`VP8X`), RFC 9649
 * section 2.
 */
function readWebpHeader(bytes: Buffer): PictureHeader | null {
  if (bytes.length < 30 || bytes.toString("latin1", 0, 4) !== "RIFF") return null;
  const kind = bytes.toString("latin1", 8, 16);
  const size = (width: number, height: number): PictureHeader => ({
    format: "webp",
    width,
    height,
  });
  if (kind === "WEBPVP8X") return size(1 + bytes.readUIntLE(24, 3), 1 + bytes.readUIntLE(27, 3));
  if (kind === "WEBPVP8 ")
    return size(bytes.readUInt16LE(26) & 0x3fff, bytes.readUInt16LE(28) & 0x3fff);
  if (kind !== "WEBPVP8L") return null;
  const bits = bytes.readUInt32LE(21);
  return size(1 + (bits & 0x3fff), 1 + ((bits >>> 14) & 0x3fff));
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
