import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readQrCodes } from "#enrollment/picture/picture.ts";
import { readPixels } from "#enrollment/picture/picture-pixels.ts";
import { variantsOf } from "#enrollment/picture/picture-variants.ts";
import { findWithZxing, isContradicted } from "#enrollment/picture/qr-decoders.ts";
import { describeWith } from "../../requires.ts";

/** What Debian's qrencode draws for these bytes. */
function drawn(bytes: Buffer, ...options: readonly string[]): Buffer {
  const { status, stdout } = spawnSync("qrencode", [...options, "-t", "PNG", "-o", "-"], {
    input: bytes,
  });
  expect(status).toBe(0);
  return stdout;
}

/** "fob" in Japanese letters of two bytes each, in Shift-JIS. */
const KANJI = Buffer.from("834283618343", "hex");

test("a code whose text is in Shift-JIS is read, though decoders guess different encodings", async () => {
  const picture = readFileSync(new URL("cases/shift-jis-small.png", import.meta.url));
  expect(await readQrCodes(picture, "x.png")).toEqual([
    "今度のバージョンでは文章の暗号化ができます。",
  ]);
});

describeWith({ qrencode: "qrencode" }, "a code that qrencode draws", () => {
  test.each([
    ["control characters", Buffer.from("a\u001db\u0001c"), ["-8"]],
    ["the separator of GS1 in brackets of its own", Buffer.from("(01)0950\u001d(10)AB"), ["-8"]],
    ["UTF-8", Buffer.from("Grüße, 東京"), ["-8"]],
  ])("gives its text as it is: %s", async (_what, bytes, options) => {
    expect(await readQrCodes(drawn(bytes, ...options), "x.png")).toEqual([bytes.toString("utf8")]);
  });

  test.each([
    ["Shift-JIS in kanji mode", KANJI, ["-k"]],
    ["Shift-JIS as bytes", KANJI, ["-8"]],
    ["bytes that are no text", Buffer.from("ff00fe80c328", "hex"), ["-8"]],
    ["Latin-1", Buffer.from("Gr\u00fc\u00dfe", "latin1"), ["-8"]],
    ["digits", Buffer.from("31415926535"), []],
  ])("has the same bytes for both decoders: %s", async (_what, bytes, options) => {
    const [picture] = variantsOf(await readPixels(drawn(bytes, ...options), "x.png"));
    if (!picture) throw new Error("there is a first variant of every picture");
    const codes = await findWithZxing(picture);
    expect(codes.map((code) => Buffer.from(code.bytes))).toEqual([bytes]);
    expect(await isContradicted(codes, picture)).toBe(false);
  });

  test("is not trusted where the decoders read different bytes", async () => {
    const [picture] = variantsOf(await readPixels(drawn(KANJI, "-8"), "x.png"));
    if (!picture) throw new Error("there is a first variant of every picture");
    const [code] = await findWithZxing(picture);
    if (!code) throw new Error("a clean code is found");
    expect(await isContradicted([{ ...code, bytes: Buffer.from("1") }], picture)).toBe(true);
  });
});
