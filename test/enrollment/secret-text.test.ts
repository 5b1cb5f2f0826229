import { describe, expect, test } from "vitest";
import { bareSecret } from "#enrollment/formats/bare-secret.ts";
import { recognize } from "#enrollment/recognize.ts";
import {
  checkSecretSize,
  isBase64,
  judgeSecret,
  parseBase32Secret,
  parseHexSecret,
} from "#enrollment/secret-text.ts";

describe("a secret as text", () => {
  test("is what Base32 and hexadecimal make of it", () => {
    expect(parseBase32Secret("MZXW 6ytb")).toEqual(Buffer.from("fooba"));
    expect(parseHexSecret("66 6F-6f")).toEqual(Buffer.from("foo"));
  });

  test.each([
    ["MZX1", "secret has a character at position 4 that is not Base32"],
    ["MZX", "secret has an impossible length for Base32"],
    ["", "secret is empty"],
  ])("is refused where %j is no Base32", (text, message) => {
    expect(() => parseBase32Secret(text)).toThrow(
      expect.objectContaining({ code: "invalid", message }),
    );
  });

  test.each(["666", "6g", "g6", "0x66", "66:66"])(
    "is refused where %j is not hexadecimal",
    (text) => {
      expect(() => parseHexSecret(text)).toThrow(
        "secret is not hexadecimal: pairs of 0-9 and a-f are needed",
      );
    },
  );

  test("has 1 to 1,024 bytes", () => {
    const secret = Buffer.alloc(1_024);
    expect(checkSecretSize(secret)).toBe(secret);
    expect(checkSecretSize(Buffer.alloc(1))).toHaveLength(1);
    expect(() => checkSecretSize(Buffer.alloc(0))).toThrow("secret is empty");
    expect(() => checkSecretSize(Buffer.alloc(1_025))).toThrow("secret is longer than 1024 bytes");
    expect(() => parseHexSecret("")).toThrow("secret is empty");
  });

  test.each([
    [1, "warning"],
    [9, "warning"],
    [10, "info"],
    [15, "info"],
    [16, undefined],
    [20, undefined],
  ])("of %d bytes is worth: %s", (bytes, severity) => {
    expect(
      judgeSecret(Buffer.alloc(bytes)).map((finding) => [finding.code, finding.severity]),
    ).toEqual(severity === undefined ? [] : [["secret-short", severity]]);
  });

  test.each([
    ["", true],
    ["AAAA", true],
    ["AA==", true],
    ["AAA=", true],
    ["+/az", true],
    ["A===", false],
    ["AAA", false],
    ["=AAA", false],
    ["AA=A", false],
    ["AA-_", false],
    ["AAA\n", false],
  ])("%j is Base64: %s", (text, expected) => expect(isBase64(text)).toBe(expected));
});

describe("a bare secret", () => {
  test.each([
    ["AAAAAAAA", true],
    ["AAAA AAA", false],
    ["aaaa-aaaa", true],
    ["AAAAAAA=", false],
    ["AAAAAAAA====", true],
    ["0123456789abcdef", true],
    ["AAAA!AAAA", false],
    ["AAAAAAAA=A", false],
    ["hex:66", true],
    ["0x66", true],
    ["BASE32:MY", true],
    ["x hex:66", false],
  ])("%j is one: %s", (text, expected) => expect(bareSecret.matches(text)).toBe(expected));

  const parsed = async (text: string) => {
    const [draft] = await recognize(text);
    if (!draft) throw new Error("nothing was read");
    const encoding = draft.fields.find(({ name }) => name === "encoding");
    return [Buffer.from(draft.secret).toString("hex"), encoding?.value, encoding?.origin];
  };

  test.each([
    ["MZXW6YTB", "666f6f6261", "Base32", "assumed"],
    ["666f6f6261", "666f6f6261", "hexadecimal", "assumed"],
    // both could be: issuers show Base32
    ["ABCDEF23", "004432175b", "Base32", "assumed"],
    ["hex:ABCDEF23", "abcdef23", "hexadecimal", "given"],
    ["0XABCDEF23", "abcdef23", "hexadecimal", "given"],
    ["base32:MZXW6YTB", "666f6f6261", "Base32", "given"],
  ])("%j is read as %s (%s, %s)", async (text, hex, encoding, origin) => {
    expect(await parsed(text)).toEqual([hex, encoding, origin]);
  });

  test("makes a token with the usual parameters, which are assumed", async () => {
    const [draft] = await recognize("MZXW6YTB");
    expect(draft).toMatchObject({
      name: null,
      credential: {
        kind: "totp",
        algorithm: "SHA1",
        digits: 6,
        alphabet: "decimal",
        period: 30,
        t0: 0,
      },
    });
    expect(draft?.fields.slice(1)).toEqual(
      Object.entries({ type: "totp", algorithm: "SHA1", digits: "6", period: "30" }).map(
        ([name, value]) => ({
          name,
          value,
          origin: "assumed",
        }),
      ),
    );
  });
});
