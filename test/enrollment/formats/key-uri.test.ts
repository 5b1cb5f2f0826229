import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FobError } from "#base/fob-error.ts";
import { recognize } from "#enrollment/recognize.ts";
import { encodeBase32 } from "#token/base32.ts";

const SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const totp = { kind: "totp", algorithm: "SHA1", digits: 6, alphabet: "decimal", period: 30, t0: 0 };
const hotp = { kind: "hotp", algorithm: "SHA1", digits: 6, alphabet: "decimal", counter: 0n };

async function read(text: string) {
  const [draft, ...others] = await recognize(text);
  expect(others).toEqual([]);
  if (!draft) throw new Error("nothing was recognized");
  return draft;
}

const codes = async (text: string) => (await read(text)).findings.map(({ code }) => code);

describe("Key URIs as issuers write them", () => {
  test.each([
    [
      "Google",
      `otpauth://totp/Google%3Aann%40gmail.com?secret=${SECRET}&issuer=Google`,
      "Google",
      "ann@gmail.com",
      totp,
    ],
    ["GitHub", `otpauth://totp/GitHub:ann?secret=${SECRET}&issuer=GitHub`, "GitHub", "ann", totp],
    [
      "AWS",
      `otpauth://totp/Amazon%20Web%20Services:ann@123456789012?secret=${SECRET}&issuer=Amazon%20Web%20Services`,
      "Amazon Web Services",
      "ann@123456789012",
      totp,
    ],
    [
      "Microsoft",
      `otpauth://totp/Microsoft:ann%40acme.test?secret=${SECRET.toLowerCase()}&issuer=Microsoft`,
      "Microsoft",
      "ann@acme.test",
      totp,
    ],
    ["no issuer", `otpauth://totp/ann@acme.test?secret=${SECRET}`, null, "ann@acme.test", totp],
    ["no label", `otpauth://totp/?secret=${SECRET}&issuer=ACME`, "ACME", null, totp],
    ["no slash", `otpauth://totp?secret=${SECRET}&issuer=ACME`, "ACME", null, totp],
    [
      "the same twice",
      `otpauth://totp/x?secret=${SECRET}&digits=8&digits=8`,
      null,
      "x",
      { ...totp, digits: 8 },
    ],
    ["a slash too many", `otpauth://totp//ACME:ann?secret=${SECRET}`, "ACME", "ann", totp],
    [
      "a colon in the issuer",
      `otpauth://totp/A:B:ann?secret=${SECRET}&issuer=A:B`,
      "A:B",
      "ann",
      totp,
    ],
    ["a space after the colon", `otpauth://totp/ACME:%20ann?secret=${SECRET}`, "ACME", "ann", totp],
    [
      "a colon in the account",
      `otpauth://totp/ACME:urn:ann?secret=${SECRET}`,
      "ACME",
      "urn:ann",
      totp,
    ],
    [
      "a plus in the issuer",
      `otpauth://totp/Big%20Corp:ann?secret=${SECRET}&issuer=Big+Corp`,
      "Big Corp",
      "ann",
      totp,
    ],
    [
      "another issuer in the label",
      `otpauth://totp/Old:ann?secret=${SECRET}&issuer=New`,
      "New",
      "ann",
      totp,
    ],
    ["an encoded plus", `otpauth://totp/x?secret=${SECRET}&issuer=A%2BB`, "A+B", "x", totp],
    [
      "privacyIDEA",
      `otpauth://hotp/OATH0001A2B3?secret=${SECRET}&counter=1&digits=8&issuer=privacyIDEA&image=x`,
      "privacyIDEA",
      "OATH0001A2B3",
      { ...hotp, digits: 8, counter: 1n },
    ],
    [
      "FreeOTP",
      `otpauth://totp/ACME:ann?secret=${SECRET}&algorithm=SHA512&digits=8&period=60&issuer=ACME`,
      "ACME",
      "ann",
      { ...totp, algorithm: "SHA512", digits: 8, period: 60 },
    ],
    [
      "HmacSHA256",
      `otpauth://totp/x?secret=${SECRET}&algorithm=HmacSHA256`,
      null,
      "x",
      { ...totp, algorithm: "SHA256" },
    ],
    [
      "SHA-256",
      `otpauth://totp/x?secret=${SECRET}&algorithm=SHA-256`,
      null,
      "x",
      { ...totp, algorithm: "SHA256" },
    ],
    [
      "sha256",
      `otpauth://totp/x?secret=${SECRET}&algorithm=sha256`,
      null,
      "x",
      { ...totp, algorithm: "SHA256" },
    ],
    [
      "HMAC-SHA-384",
      `otpauth://totp/x?secret=${SECRET}&algorithm=HMAC-SHA-384`,
      null,
      "x",
      { ...totp, algorithm: "SHA384" },
    ],
    [
      "capitals",
      `OTPAUTH://TOTP/x?SECRET=${SECRET}&Digits=7&PERIOD=15`,
      null,
      "x",
      { ...totp, digits: 7, period: 15 },
    ],
    ["5 digits", `otpauth://totp/x?secret=${SECRET}&digits=5`, null, "x", { ...totp, digits: 5 }],
    [
      "10 digits",
      `otpauth://totp/x?secret=${SECRET}&digits=10`,
      null,
      "x",
      { ...totp, digits: 10 },
    ],
    [
      "a large counter",
      `otpauth://hotp/x?secret=${SECRET}&counter=18446744073709551615`,
      null,
      "x",
      { ...hotp, counter: 2n ** 64n - 1n },
    ],
    ["t0", `otpauth://totp/x?secret=${SECRET}&t0=1000`, null, "x", { ...totp, t0: 1_000 }],
    [
      "an alphabet",
      `otpauth://totp/x?secret=${SECRET}&alphabet=hexadecimal&digits=8`,
      null,
      "x",
      { ...totp, alphabet: "hexadecimal", digits: 8 },
    ],
    [
      "Steam",
      `otpauth://totp/Steam:ann?secret=${SECRET}&issuer=Steam&algorithm=SHA1&digits=5&period=30&encoder=steam`,
      "Steam",
      "ann",
      { ...totp, digits: 5, alphabet: "steam" },
    ],
    [
      "OCRA",
      `otpauth://ocra/ACME:ann?secret=${SECRET}&suite=OCRA-1%3AHOTP-SHA256-8%3AC-QN08-PSHA1&counter=7&issuer=ACME`,
      "ACME",
      "ann",
      { kind: "ocra", suite: "OCRA-1:HOTP-SHA256-8:C-QN08-PSHA1", counter: 7n },
    ],
    [
      "ocrasuite",
      `otpauth://ocra/ann?secret=${SECRET}&ocrasuite=OCRA-1:HOTP-SHA1-6:QN08`,
      null,
      "ann",
      { kind: "ocra", suite: "OCRA-1:HOTP-SHA1-6:QN08", counter: null },
    ],
  ])("%s", async (_, uri, issuer, account, credential) => {
    const draft = await read(uri);
    expect(draft).toMatchObject({ format: "key-uri", issuer, account, name: issuer ?? account });
    expect(draft.credential).toEqual(credential);
    expect(Buffer.from(draft.secret).toString()).toBe("12345678901234567890");
  });

  test.each([
    ["spaces", "gezd gnbv gy3t qojq gezd gnbv gy3t qojq"],
    ["plus signs", "GEZD+GNBV+GY3T+QOJQ+GEZD+GNBV+GY3T+QOJQ"],
    ["dashes", "GEZDGNBV-GY3TQOJQ-GEZDGNBV-GY3TQOJQ"],
    ["padding", `${SECRET}%3D%3D`],
    ["raw padding", `${SECRET}======`],
  ])("secrets with %s", async (_, secret) => {
    expect(Buffer.from((await read(`otpauth://totp/x?secret=${secret}`)).secret).toString()).toBe(
      "12345678901234567890",
    );
  });

  test("with a PIN policy want a PIN", async () => {
    const uri = (policy: string) =>
      `otpauth://totp/x?secret=${SECRET}&pinpolicy=${encodeURIComponent(policy)}`;
    expect((await read(uri("min=6"))).pin).toMatchObject({
      type: "user",
      policy: { minLength: 6, required: true },
    });
    expect((await read(uri("server"))).pin).toEqual({ type: "server", order: "before" });
    expect((await read(uri("Server,pin-order=after"))).pin).toEqual({
      type: "server",
      order: "after",
    });
  });

  test("tell what was assumed and what looks odd", async () => {
    expect(await codes(`otpauth://hotp/x?secret=${SECRET}`)).toEqual(["counter-assumed"]);
    expect(await codes(`otpauth://totp/A:x?secret=${SECRET}&issuer=B`)).toEqual([
      "issuer-mismatch",
    ]);
    expect(await codes(`otpauth://totp/a:x?secret=${SECRET}&issuer=A`)).toEqual([]);
    expect(await codes(`otpauth://totp/x?secret=${SECRET}&foo=1`)).toEqual(["unknown-parameter"]);
    expect(await codes("otpauth://totp/x?secret=JBSWY3DPEHPK3PXP")).toEqual(["secret-short"]);
    expect(await codes(`otpauth://totp/100%?secret=${SECRET}`)).toEqual(["broken-encoding"]);
    expect(await codes(`otpauth://totp/x%1b?secret=${SECRET}`)).toEqual(["control-characters"]);
  });

  test.each([
    [16, []],
    [15, ["info"]],
    [10, ["info"]],
    [9, ["warning"]],
  ])("judge a secret of %i bytes", async (length, severities) => {
    const { findings } = await read(
      `otpauth://totp/x?secret=${encodeBase32(Buffer.alloc(length, 1))}`,
    );
    expect(findings.map(({ severity }) => severity)).toEqual(severities);
  });

  test("say where every value came from", async () => {
    expect((await read(`otpauth://totp/ACME:ann?secret=${SECRET}&digits=8`)).fields).toEqual([
      { name: "type", value: "totp", origin: "given" },
      { name: "issuer", value: "ACME", origin: "given" },
      { name: "account", value: "ann", origin: "given" },
      { name: "algorithm", value: "SHA1", origin: "default" },
      { name: "digits", value: "8", origin: "given" },
      { name: "alphabet", value: "decimal", origin: "default" },
      { name: "period", value: "30", origin: "default" },
      { name: "t0", value: "0", origin: "default" },
    ]);
  });
});

describe("Key URIs that are wrong", () => {
  test.each([
    ["otpauth://totp/x", "secret is missing"],
    ["otpauth://totp/x?secret=", "secret is missing"],
    ["otpauth://totp/x?secret=ABC!DEFG", "secret has a character at position 4 that is not Base32"],
    ["otpauth://totp/x?secret=ABC", "secret has an impossible length for Base32"],
    [`otpauth://totp/x?secret=${SECRET}&digits=3`, 'digits is "3": 4 to 10 are possible'],
    [`otpauth://totp/x?secret=${SECRET}&digits=11`, 'digits is "11": 4 to 10 are possible'],
    [`otpauth://totp/x?secret=${SECRET}&digits=six`, 'digits is "six": 4 to 10 are possible'],
    [`otpauth://totp/x?secret=${SECRET}&period=0`, 'period is "0": 1 to 86400 are possible'],
    [
      `otpauth://totp/x?secret=${SECRET}&period=86401`,
      'period is "86401": 1 to 86400 are possible',
    ],
    [
      `otpauth://totp/x?secret=${SECRET}&t0=253402300800`,
      't0 is "253402300800": 0 to 253402300799 are possible',
    ],
    [`otpauth://totp/x?secret=${SECRET}&alphabet=steam`, 'alphabet is "steam"'],
    [`otpauth://totp/x?secret=${SECRET}&period=-30`, 'period is "-30": 1 to 86400 are possible'],
    [
      `otpauth://totp/x?secret=${SECRET}&algorithm=MD5`,
      'algorithm is "MD5": SHA1, SHA224, SHA256, SHA384, SHA512 are possible',
    ],
    [
      `otpauth://hotp/x?secret=${SECRET}&counter=-1`,
      'counter is "-1": 0 to 18446744073709551615 are possible',
    ],
    [
      `otpauth://hotp/x?secret=${SECRET}&counter=18446744073709551616`,
      'counter is "18446744073709551616": 0 to',
    ],
    [`otpauth://hotp/x?secret=${SECRET}&counter=1e3`, 'counter is "1e3"'],
    [`otpauth://totp/x?secret=${SECRET}&alphabet=klingon`, 'alphabet is "klingon"'],
    [`otpauth://ocra/x?secret=${SECRET}`, "suite is missing"],
    [
      `otpauth://ocra/x?secret=${SECRET}&suite=OCRA-1:HOTP-MD5-6:QN08`,
      'suite is wrong at "HOTP-MD5-6"',
    ],
    [`otpauth://totp/x?secret=${SECRET}&digits=6&digits=8`, '"digits" is given twice'],
    [`otpauth://xyz/x?secret=${SECRET}`, 'key type "xyz" is not supported'],
    ["otpauth://", 'key type "" is not supported'],
    [`otpauth://totp/x?secret=${SECRET}&serial=${"n".repeat(300)}`, "serial is longer than 256"],
    [`otpauth://totp/x?secret=${SECRET}${"&x=1".repeat(100)}`, "more than 100 parameters"],
    [`otpauth://totp/x?secret=${"A".repeat(65_536)}`, "longer than 65536 characters"],
    ["otpauth://totp/x?secret=---", "secret is empty"],
    [
      `otpauth://totp/x?secret=${encodeBase32(Buffer.alloc(1_025))}`,
      "secret is longer than 1024 bytes",
    ],
    [`otpauth://totp/x?secret=${"A".repeat(4_000)}`, "secret is longer than 1024 bytes"],
  ])("%.60s is refused by the parameter", async (uri, message) => {
    await expect(recognize(uri)).rejects.toThrow(
      expect.objectContaining({ code: "invalid", message: expect.stringContaining(message) }),
    );
  });

  test("never show the secret, whatever is wrong with it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 12 }), async (secret) => {
        const text = `otpauth://totp/x?secret=${encodeURIComponent(secret)}&digits=99`;
        await expect(recognize(text)).rejects.toThrow(FobError);
        try {
          await recognize(text);
        } catch (error) {
          expect((error as Error).message).not.toContain(secret);
        }
      }),
    );
  });
});

describe("any text", () => {
  test("gives tokens or one clear refusal", async () => {
    const pieces = fc.constantFrom(
      "otpauth://",
      "totp",
      "hotp",
      "ocra",
      "/",
      "?",
      "&",
      "secret=",
      SECRET,
      "%",
      "=",
      ":",
      "digits=",
      "-",
    );
    const texts = fc.oneof(
      fc.string(),
      fc.string({ unit: "binary" }),
      fc.array(fc.oneof(pieces, fc.string()), { maxLength: 12 }).map((parts) => parts.join("")),
    );
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        try {
          expect((await recognize(text)).length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toMatchObject({ name: "FobError", code: "invalid" });
        }
      }),
      { numRuns: 3_000 },
    );
  });

  test("round-trips: a URI made of a token reads as this token", async () => {
    const word = fc
      .string({ minLength: 1, maxLength: 40 })
      .filter((text) => text.trim() === text && !/[:\p{Cc}]|^\//u.test(text));
    const uris = fc.record({
      issuer: word,
      account: word,
      secret: fc.uint8Array({ minLength: 1, maxLength: 64 }),
      algorithm: fc.constantFrom("SHA1", "SHA224", "SHA256", "SHA384", "SHA512"),
      digits: fc.integer({ min: 4, max: 10 }),
      period: fc.integer({ min: 1, max: 86_400 }),
    });
    await fc.assert(
      fc.asyncProperty(uris, async ({ issuer, account, secret, algorithm, digits, period }) => {
        const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(account)}`;
        const draft = await read(
          `otpauth://totp/${label}?secret=${encodeBase32(secret)}&algorithm=${algorithm}&digits=${digits}&period=${period}`,
        );
        expect(draft).toMatchObject({
          issuer,
          account,
          credential: { ...totp, algorithm, digits, period },
        });
        expect(Buffer.from(draft.secret)).toEqual(Buffer.from(secret));
      }),
    );
  });
});
