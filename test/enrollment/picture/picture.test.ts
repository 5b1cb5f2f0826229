import { deflateSync } from "node:zlib";
import { Jimp } from "jimp";
import sharp, { type Sharp } from "sharp";
import { describe, expect, test } from "vitest";
import { readQrCodes } from "#enrollment/picture/picture.ts";
import { drawQr } from "../../../scripts/draw-qr.mjs";

const TEXT = "otpauth://totp/ACME:ann?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=ACME";
const png = (picture: ReturnType<typeof drawQr>) => picture.getBuffer("image/png");

describe("pictures with a QR code", () => {
  test.each([
    ["a clean screenshot", () => png(drawQr(TEXT))],
    ["two pixels a module", () => png(drawQr(TEXT, { moduleSize: 2 }))],
    [
      "a small code on a large screen",
      () => png(drawQr(TEXT, { moduleSize: 5, canvas: { width: 2_560, height: 1_440 } })),
    ],
    ["white on black", () => png(drawQr(TEXT, { dark: 0xffffffff, light: 0x000000ff }))],
    ["gray on gray", () => png(drawQr(TEXT, { dark: 0x707070ff, light: 0x909090ff }))],
    ["a GIF", () => drawQr(TEXT).getBuffer("image/gif")],
    ["a BMP", () => drawQr(TEXT).getBuffer("image/bmp")],
    ["a TIFF", () => drawQr(TEXT).getBuffer("image/tiff")],
    ["turned by 25 degrees", () => png(drawQr(TEXT).rotate(25) as ReturnType<typeof drawQr>)],
    ["out of focus", () => png(drawQr(TEXT).blur(3) as ReturnType<typeof drawQr>)],
    ["without any margin", () => png(withoutMargin(drawQr(TEXT)))],
    ["dark gray on light gray", () => png(drawQr(TEXT, { dark: 0x404040ff, light: 0xc0c0c0ff }))],
    ["black on transparent", () => png(drawQr(TEXT, { light: 0xffffff00 }))],
    ["black on black, transparent", () => png(drawQr(TEXT, { light: 0x00000000 }))],
    ["white on transparent", () => png(drawQr(TEXT, { dark: 0xffffffff, light: 0xffffff00 }))],
    ["a JPEG of low quality", () => drawQr(TEXT).getBuffer("image/jpeg", { quality: 40 })],
    ["turned by 90 degrees", () => png(drawQr(TEXT).rotate(90) as ReturnType<typeof drawQr>)],
    ["a WebP", () => converted((image) => image.webp({ quality: 60 }))],
    ["a WebP without loss", () => converted((image) => image.webp({ lossless: true }))],
    ["a progressive JPEG", () => converted((image) => image.jpeg({ progressive: true }))],
    [
      "a JPEG in the colors of printing",
      () => converted((image) => image.toColourspace("cmyk").jpeg()),
    ],
    [
      "a JPEG that says it lies on its side",
      () => converted((image) => image.withMetadata({ orientation: 6 }).jpeg()),
    ],
    [
      "a PNG with 16 bits a channel",
      () => converted((image) => image.toColourspace("rgb16").png()),
    ],
    ["a PNG with a palette", () => converted((image) => image.png({ palette: true, colors: 4 }))],
    ["an interlaced PNG", () => converted((image) => image.png({ progressive: true }))],
    ["a PNG in shades of gray", () => converted((image) => image.toColourspace("b-w").png())],
    ["a compressed TIFF", () => converted((image) => image.tiff({ compression: "lzw" }))],
    [
      "a photograph of 24 megapixels",
      () => converted((image) => image.extend(margins(2_800)).jpeg()),
    ],
    [
      "bytes after the end",
      async () => Buffer.concat([await png(drawQr(TEXT)), Buffer.from("left over")]),
    ],
  ])("%s", async (_, draw) => {
    expect(await readQrCodes(await draw(), "x.png")).toEqual([TEXT]);
  });

  test("with several codes give all of them", async () => {
    const texts = ["one", "two", "three"].map(
      (name) => `otpauth://totp/${name}?secret=GEZDGNBVGY3TQOJQ`,
    );
    const page = drawQr(texts[0] ?? "", { canvas: { width: 900, height: 320 } });
    page.composite(drawQr(texts[1] ?? ""), 0, 20).composite(drawQr(texts[2] ?? ""), 640, 20);
    expect((await readQrCodes(await png(page), "x.png")).sort()).toEqual([...texts].sort());
  });

  test.each(["ACME:Ännchen 🔑", "日本語", "plain"])("with the text %s", async (text) => {
    expect(await readQrCodes(await png(drawQr(text)), "x.png")).toEqual([text]);
  });
});

async function converted(convert: (image: Sharp) => Sharp): Promise<Buffer> {
  return convert(sharp(await png(drawQr(TEXT)))).toBuffer();
}

function margins(width: number) {
  return { left: width, right: width, top: width / 2, bottom: width / 2, background: "gray" };
}

function withoutMargin(picture: ReturnType<typeof drawQr>) {
  const margin = 4 * 6;
  const [w, h] = [picture.width - 2 * margin, picture.height - 2 * margin];
  return picture.crop({ x: margin, y: margin, w, h }) as typeof picture;
}

describe("files that cannot be read", () => {
  const refusal = (message: string) =>
    expect.objectContaining({ name: "FobError", code: "invalid", message });

  test.each([
    ["an empty file", Buffer.alloc(0), "x.png is not a PNG, JPEG, GIF, BMP, TIFF or WebP picture"],
    [
      "a text",
      Buffer.from("hello, this is no picture at all"),
      "x.png is not a PNG, JPEG, GIF, BMP, TIFF or WebP picture",
    ],
    [
      "a JPEG that ends before its size",
      Buffer.from("ffd8ffe000104a464946", "hex"),
      "x.png is not a PNG, JPEG, GIF, BMP, TIFF or WebP picture",
    ],
    ["a PNG without pixels", pngOf(0, 10, Buffer.alloc(0)), "x.png is a damaged picture"],
  ])("%s", async (_, bytes, message) => {
    await expect(readQrCodes(bytes, "x.png")).rejects.toThrow(refusal(message));
  });

  test("a PNG without data is damaged, or holds no code where its decoder lets it pass", async () => {
    const empty = readQrCodes(pngOf(100, 100, Buffer.alloc(0)), "x.png");
    await expect(empty).rejects.toThrow(
      /^x\.png is a damaged picture$|^no QR code found in x\.png$/,
    );
  });

  test("a picture cut anywhere is damaged, holds no code, or still the right one", async () => {
    for (const whole of [await png(drawQr(TEXT)), await drawQr(TEXT).getBuffer("image/jpeg")]) {
      for (let length = 0; length < whole.length; length += Math.ceil(whole.length / 8)) {
        const outcome = await readQrCodes(whole.subarray(0, length), "x.png").catch(
          (error: unknown) => error,
        );
        if (Array.isArray(outcome)) expect(outcome).toEqual([TEXT]);
        else expect(outcome).toMatchObject({ name: "FobError", code: "invalid" });
      }
    }
  });

  test("a picture without a code", async () => {
    const blank = await new Jimp({ width: 300, height: 200, color: 0xffffffff }).getBuffer(
      "image/png",
    );
    await expect(readQrCodes(blank, "x.png")).rejects.toThrow(refusal("no QR code found in x.png"));
  });

  test("a picture of 30000 x 30000 pixels in a few kilobytes, before anything is decoded", async () => {
    const row = Buffer.alloc(1 + 30_000 / 8);
    const bomb = pngOf(
      30_000,
      30_000,
      deflateSync(Buffer.concat(Array.from({ length: 500 }, () => row))),
    );
    expect(bomb.length).toBeLessThan(8_000);
    const before = process.memoryUsage().rss;
    await expect(readQrCodes(bomb, "x.png")).rejects.toThrow(
      refusal("x.png has 30000 x 30000 pixels: at most 50 megapixels are read"),
    );
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 2 ** 20);
  });
});

/** A black and white PNG with this header and these compressed rows. */
function pngOf(width: number, height: number, data: Buffer): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 1;
  return Buffer.concat([
    Buffer.from("89504e470d0a1a0a", "hex"),
    chunk("IHDR", header),
    chunk("IDAT", data),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

function crc32(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
