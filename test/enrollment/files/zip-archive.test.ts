import { describe, expect, test } from "vitest";
import { decodeBase32 } from "#token/base32.ts";
import { fixture, onePassword, PASSWORD, zip } from "./archives/archive-samples.ts";
import { readText } from "./reading.ts";
import * as samples from "./samples.ts";

const { SAMPLES, STEAM } = samples;

/** A file is read with a password; with null, asking for it is the outcome. */
function read(bytes: Buffer, password: string | null = null) {
  return readText(bytes, { name: "export.zip", password });
}

const packed = (name: string, content: string | Buffer, size?: number) => ({
  ...{ name, content: Buffer.from(content) },
  ...(size !== undefined && { size }),
});

describe("an archive", () => {
  const all = [...SAMPLES, STEAM];

  test.each([
    ["Raivo's with AES", fixture("raivo.zip"), PASSWORD, "Raivo", "raivo", SAMPLES],
    ["Raivo's of the older kind", fixture("raivo-old.zip"), PASSWORD, "Raivo", "raivo", SAMPLES],
    ["WinAuth's", fixture("winauth.zip"), null, "a list", "key-uri", all],
    ["1Password's", fixture("export.1pux"), null, "1Password", "1pux", all],
    ["its list unpacked", Buffer.from(onePassword), null, "1Password", "1pux", all],
    [
      "Bitwarden's with attachments",
      zip([packed("attachments/x/a.json", "{}"), packed("data.json", samples.bitwardenJson)]),
      ...([null, "Bitwarden", "bitwarden", all] as const),
    ],
  ])("%s gives every token", async (_, bytes, password, app, format, wanted) => {
    const content = await read(bytes, password);
    expect([content.app, content.refusals]).toEqual([app, []]);
    expect(content.drafts).toEqual(
      wanted.map(({ issuer, account, secret, credential }) =>
        expect.objectContaining({
          ...{ issuer, account, credential, format, secret: decodeBase32(secret) },
        }),
      ),
    );
  });

  test.each(["raivo.zip", "raivo-old.zip"])("%s denies a wrong password", async (name) => {
    await expect(read(fixture(name), "wrong")).rejects.toMatchObject({
      code: "denied",
      message: "the password does not open this archive",
    });
  });

  test("is refused where it was cut off", async () => {
    for (const name of ["raivo.zip", "winauth.zip", "export.1pux"])
      for (const length of [4, 40, fixture(name).length - 1])
        await expect(read(fixture(name).subarray(0, length), PASSWORD)).rejects.toMatchObject({
          code: "invalid",
          message: expect.stringMatching(/archive is damaged/),
        });
  });

  test("is refused where a byte of its content is another one", async () => {
    const bytes = fixture("winauth.zip");
    bytes[80] = (bytes[80] ?? 0) ^ 0x55;
    await expect(read(bytes)).rejects.toMatchObject({ code: "invalid" });
  });

  test("without a list that is known says so", async () => {
    const bytes = zip([packed("a.txt", "nothing"), packed("b.png", "x")]);
    await expect(read(bytes)).rejects.toThrow("export.zip is an archive without a file");
  });
});

describe("sizes that lie", () => {
  const zeros = Buffer.alloc(64 * 2 ** 20);

  test.each([
    ["a list that is too long", zip([packed("a.txt", zeros)]), /unpacks to more than 8 MiB/],
    ["one that says it is short", zip([packed("a.txt", zeros, 100)]), /unpacks|damaged/],
    [
      "many lists",
      zip(Array.from({ length: 17 }, (_, i) => packed(`${i}.txt`, "x"))),
      /or 16 lists/,
    ],
    [
      "very many files",
      zip(Array.from({ length: 20_001 }, (_, i) => packed(`${i}.png`, ""))),
      /more than 20000 files/,
    ],
  ])("%s: refused", async (_, bytes, message) => {
    const before = process.memoryUsage().rss;
    await expect(read(bytes)).rejects.toMatchObject({ code: "invalid", message });
    expect(process.memoryUsage().rss - before).toBeLessThan(96 * 2 ** 20);
  });

  test("what is not read may be as large as it likes", async () => {
    const bytes = zip([packed("export.data", onePassword), packed("files/film.mp4", zeros)]);
    expect((await read(bytes)).drafts).toHaveLength(4);
  });
});
