import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { recognize } from "#enrollment/recognize.ts";
import { deriveActivationKey } from "#otp/activation-key.ts";
import { encodeBase32 } from "#token/base32.ts";

const CODE = "XUU75-RROTT-Y5IP6-U3BMV";
const secretOf = async (text: string) => Buffer.from((await recognize(text))[0]?.secret ?? []);
const formatOf = async (text: string) => (await recognize(text))[0]?.format;

describe("legacy activation codes", () => {
  test("are read whatever the case and the separators", async () => {
    for (const text of [
      CODE,
      CODE.toLowerCase(),
      CODE.replaceAll("-", ""),
      CODE.replaceAll("-", " "),
      CODE.replaceAll("O", "0").replaceAll("I", "1"),
    ]) {
      expect(await formatOf(text)).toBe("activation-code");
      expect(await secretOf(text)).toEqual(await secretOf(CODE));
    }
  });

  test("tell which group is mistyped, without showing it", async () => {
    const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"];
    for (let at = 0; at < CODE.length; at++) {
      if (CODE[at] === "-") continue;
      const group = Math.floor(at / 6) + 1;
      const weight = (at % 6) + 1;
      for (const letter of letters.filter((other) => other !== CODE[at])) {
        // the issuer's sum cannot see a letter that is, say, 8 places off in the fourth position
        const isSeen =
          weight === 5 || (weight * (letter.charCodeAt(0) - CODE.charCodeAt(at))) % 32 !== 0;
        if (!isSeen) continue;
        const mistyped = CODE.slice(0, at) + letter + CODE.slice(at + 1);
        await expect(recognize(mistyped)).rejects.toThrow(
          `group ${group} of the activation code is mistyped`,
        );
      }
    }
  });

  test("have a long form that is confirmed by its last byte", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 10, maxLength: 10 }),
        fc.uint8Array({ minLength: 2, maxLength: 9 }),
        async (entropy, rest) => {
          // whole groups of 5 bytes, so that the bits end where the characters do
          const body = Buffer.concat([
            entropy,
            rest,
            Buffer.alloc((4 - ((10 + rest.length) % 5) + 5) % 5),
          ]);
          const check = createHash("sha256").update(body).digest().subarray(-1);
          const text = encodeBase32(Buffer.concat([body, check]));
          const code = (text.match(/.{1,5}/g) ?? []).join("-");
          expect(await formatOf(code)).toBe("activation-code");
          expect(await secretOf(code)).toEqual(deriveActivationKey(entropy));
          const wrong = text.slice(0, -1) + (text.endsWith("A") ? "B" : "A");
          await expect(recognize((wrong.match(/.{1,5}/g) ?? []).join("-"))).rejects.toThrow(
            "its check byte is wrong",
          );
        },
      ),
    );
  });
});

describe("bare secrets", () => {
  test.each([
    ["JBSWY3DPEHPK3PXP", "48656c6c6f21deadbeef"],
    ["jbsw y3dp ehpk 3pxp", "48656c6c6f21deadbeef"],
    ["JBSW-Y3DP-EHPK-3PXP", "48656c6c6f21deadbeef"],
    ["MFRGGZDFMY======", "616263646566"],
    ["48656c6c6f21deadbeef", "48656c6c6f21deadbeef"],
    ["0x48656C6C6F21", "48656c6c6f21"],
    ["hex:DEADBEEFDEAD", "deadbeefdead"],
    ["base32:DEADBEEFDEADBEEF", "19003090851900309085"],
  ])("%s is read as time-based, and everything about it is assumed", async (text, hex) => {
    const [draft] = await recognize(text);
    expect(draft).toMatchObject({
      format: "bare-secret",
      name: null,
      credential: { kind: "totp", period: 30, digits: 6 },
    });
    expect(Buffer.from(draft?.secret ?? []).toString("hex")).toBe(hex);
  });

  test("of 32 characters in one piece are never taken for an activation code", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 20, maxLength: 20 }), async (secret) => {
        expect(await formatOf(encodeBase32(secret))).toBe("bare-secret");
      }),
    );
  });

  test.each([
    ["hex:abc", "secret is not hexadecimal"],
    ["0123456789abcdefg", "secret is not hexadecimal"],
    ["hex:", "secret is empty"],
    ["short", "not an enrollment string"],
  ])("%s is refused", async (text, message) => {
    await expect(recognize(text)).rejects.toThrow(message);
  });
});
