import { createHash, createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type OcraInput, ocra } from "../../src/otp/ocra.ts";
import { formatOcraSuite, type OcraSuite, parseOcraSuite } from "../../src/otp/ocra-suite.ts";

const SECRET = Buffer.from("12345678901234567890");

function respond(suite: string, input: Partial<OcraInput>): string {
  const none = { counter: null, pin: null, session: null, unixSeconds: null };
  return ocra({ suite: parseOcraSuite(suite), secret: SECRET, challenge: ["00000000"], ...none, ...input });
}

/** The HMAC over parts put together by hand, as RFC 6287 section 5.1 lists them. */
function expected(algorithm: string, ...parts: (Buffer | string)[]): string {
  return createHmac(algorithm, SECRET)
    .update(Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part))))
    .digest("hex");
}

function padded(challenge: Buffer): Buffer {
  return Buffer.concat([challenge, Buffer.alloc(128 - challenge.length)]);
}

describe("OCRA responses", () => {
  test("with 0 digits are the whole HMAC", () => {
    const suite = "OCRA-1:HOTP-SHA256-0:QA08";
    expect(respond(suite, { challenge: ["abcd"] })).toBe(expected("sha256", `${suite}\0`, padded(Buffer.from("abcd"))));
  });

  test("take counter, challenge, PIN, session and time in this order", () => {
    const suite = "OCRA-1:HOTP-SHA512-0:C-QH08-PSHA256-S020-T2H";
    const response = respond(suite, {
      challenge: ["C0FFE"],
      counter: 2n ** 60n,
      pin: Buffer.from("päss"),
      session: Buffer.from("login"),
      unixSeconds: 7_200 * 5 + 7_199.5,
    });
    const bytes = (hex: string) => Buffer.from(hex, "hex");
    const pin = createHash("sha256").update("päss").digest();
    const session = Buffer.concat([Buffer.alloc(15), Buffer.from("login")]);
    expect(response).toBe(
      expected(
        "sha512",
        `${suite}\0`,
        bytes("1000000000000000"),
        padded(bytes("c0ffe0")),
        pin,
        session,
        bytes("0000000000000005"),
      ),
    );
  });

  test("read a numeric challenge as a number, aligned left", () => {
    const suite = "OCRA-1:HOTP-SHA1-0:QN10";
    // 4096 is 1000 in hexadecimal, 256 is 100: an odd digit, so 1000 as well
    const same = expected("sha1", `${suite}\0`, padded(Buffer.from("1000", "hex")));
    expect(respond(suite, { challenge: ["4096"] })).toBe(same);
    expect(respond(suite, { challenge: ["256"] })).toBe(same);
  });

  test("hash the suite as the issuer wrote it", () => {
    expect(respond("ocra-1:hotp-sha1-6:qn08", {})).not.toBe(respond("OCRA-1:HOTP-SHA1-6:QN08", {}));
  });

  test.each<[string, string, Partial<OcraInput>]>([
    ["counter", "OCRA-1:HOTP-SHA1-6:C-QN08", {}],
    ["counter", "OCRA-1:HOTP-SHA1-6:QN08", { counter: 1n }],
    ["pin", "OCRA-1:HOTP-SHA1-6:QN08-PSHA1", {}],
    ["session", "OCRA-1:HOTP-SHA1-6:QN08-S064", {}],
    ["session", "OCRA-1:HOTP-SHA1-6:QN08-S004", { session: Buffer.from("12345") }],
    ["time", "OCRA-1:HOTP-SHA1-6:QN08-T1M", {}],
    ["time", "OCRA-1:HOTP-SHA1-6:QN08-T1M", { unixSeconds: -1 }],
    ["time", "OCRA-1:HOTP-SHA1-6:QN08-T1M", { unixSeconds: Number.NaN }],
    ["challenge", "OCRA-1:HOTP-SHA1-6:QN08", { challenge: ["123456789"] }],
    ["challenge", "OCRA-1:HOTP-SHA1-6:QN08", { challenge: ["1234567a"] }],
    ["challenge", "OCRA-1:HOTP-SHA1-6:QN08", { challenge: [""] }],
    ["challenge", "OCRA-1:HOTP-SHA1-6:QH08", { challenge: ["xyz"] }],
    ["challenge", "OCRA-1:HOTP-SHA1-6:QA08", { challenge: ["häh"] }],
    ["secret", "OCRA-1:HOTP-SHA1-6:QN08", { secret: Buffer.alloc(0) }],
  ])("refuse a bad %s for %s", (parameter, suite, input) => {
    expect(() => respond(suite, input)).toThrow(expect.objectContaining({ name: "OtpError", parameter }));
  });
});

describe("OCRA suites", () => {
  const hashes = fc.constantFrom("SHA1" as const, "SHA256" as const, "SHA512" as const);
  const suites: fc.Arbitrary<Omit<OcraSuite, "text">> = fc.record({
    algorithm: hashes,
    digits: fc.constantFrom(0, 4, 5, 6, 7, 8, 9, 10),
    counter: fc.boolean(),
    challenge: fc.record({
      format: fc.constantFrom("numeric" as const, "alphanumeric" as const, "hexadecimal" as const),
      length: fc.integer({ min: 4, max: 64 }),
    }),
    pin: fc.option(hashes),
    session: fc.option(fc.integer({ min: 1, max: 512 })),
    timeStep: fc.option(
      fc.oneof(
        fc.integer({ min: 1, max: 59 }),
        fc.integer({ min: 1, max: 59 }).map((minutes) => minutes * 60),
        fc.integer({ min: 1, max: 48 }).map((hours) => hours * 3_600),
      ),
    ),
  });

  test("are the same after writing and reading", () => {
    fc.assert(
      fc.property(suites, (suite) => {
        const text = formatOcraSuite(suite);
        expect(parseOcraSuite(text)).toEqual({ text, ...suite });
      }),
    );
  });

  test("may leave out the length of the session information", () => {
    expect(parseOcraSuite("OCRA-1:HOTP-SHA1-6:QA08-S").session).toBe(64);
  });

  test.each([
    ["", "OCRA-1 is the only version"],
    ["OCRA-2:HOTP-SHA1-6:QN08", "OCRA-1 is the only version"],
    ["OCRA-1:HOTP-MD5-6:QN08", 'at "HOTP-MD5-6"'],
    ["OCRA-1:HOTP-SHA1-3:QN08", "digits are 0, or 4 to 10"],
    ["OCRA-1:HOTP-SHA1-6", "a challenge such as QN08"],
    ["OCRA-1:HOTP-SHA1-6:QN08:X", "three parts"],
    ["OCRA-1:HOTP-SHA1-6:QN03", "4 to 64 characters"],
    ["OCRA-1:HOTP-SHA1-6:QN65", "4 to 64 characters"],
    ["OCRA-1:HOTP-SHA1-6:PSHA1-QN08", "a challenge such as QN08"],
    ["OCRA-1:HOTP-SHA1-6:QN08-T1M-PSHA1", "order C, Q, P, S, T"],
    ["OCRA-1:HOTP-SHA1-6:QN08-T60S", "a time step is"],
    ["OCRA-1:HOTP-SHA1-6:QN08-T0H", "a time step is"],
    ["OCRA-1:HOTP-SHA1-6:QN08-T0M", "a time step is"],
    ["OCRA-1:HOTP-SHA1-6:QN08-T60M", "a time step is"],
    ["OCRA-1:HOTP-SHA1-6:QN08-T49H", "a time step is"],
    ["OCRA-1:HOTP-SHA1-6:QN08-S000", "1 to 512 bytes"],
    ["OCRA-1:HOTP-SHA1-6:QN08-S513", "1 to 512 bytes"],
  ])("say what is wrong with %j", (text, reason) => {
    expect(() => parseOcraSuite(text)).toThrow(reason);
    expect(() => parseOcraSuite(text)).toThrow(expect.objectContaining({ parameter: "suite" }));
  });

  test("never fail in another way", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => parseOcraSuite(`OCRA-1:HOTP-SHA1-6:${text}`)).toThrow(/suite is wrong/);
      }),
    );
  });
});
