import { createHash, createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type OcraInput, ocra } from "#otp/ocra.ts";
import { formatOcraSuite, type OcraSuite, parseOcraSuite } from "#otp/ocra-suite.ts";

const SECRET = Buffer.from("12345678901234567890");

function respond(suite: string, input: Partial<OcraInput>): string {
  const none = { counter: null, pin: null, session: null, unixSeconds: null };
  return ocra({
    suite: parseOcraSuite(suite),
    secret: SECRET,
    challenge: ["00000000"],
    ...none,
    ...input,
  });
}

/** The HMAC over parts put together by hand, as RFC 6287 section 5.1 lists them. */
function expected(algorithm: string, ...parts: (Buffer | string)[]): string {
  return createHmac(algorithm, SECRET)
    .update(
      Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part))),
    )
    .digest("hex");
}

function padded(challenge: Buffer): Buffer {
  return Buffer.concat([challenge, Buffer.alloc(128 - challenge.length)]);
}

describe("OCRA responses", () => {
  test("with 0 digits are the whole HMAC", () => {
    const suite = "OCRA-1:HOTP-SHA256-0:QA08";
    expect(respond(suite, { challenge: ["abcd"] })).toBe(
      expected("sha256", `${suite}\0`, padded(Buffer.from("abcd"))),
    );
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
    ["challenge", "OCRA-1:HOTP-SHA1-6:QN08", { challenge: ["a1234567"] }],
    ["challenge", "OCRA-1:HOTP-SHA1-6:QN08", { challenge: ["12345\n"] }],
    ["challenge", "OCRA-1:HOTP-SHA1-6:QH08", { challenge: ["xab"] }],
    ["challenge", "OCRA-1:HOTP-SHA1-6:QH08", { challenge: ["abx"] }],
    ["challenge", "OCRA-1:HOTP-SHA1-6:QA08", { challenge: ["äh"] }],
    ["challenge", "OCRA-1:HOTP-SHA1-6:QA08", { challenge: ["hä"] }],
    ["challenge", "OCRA-1:HOTP-SHA1-6:QA08", { challenge: ["\u007f"] }],
    ["challenge", "OCRA-1:HOTP-SHA1-6:QN08", { challenge: ["1234", "123456789"] }],
    ["challenge", "OCRA-1:HOTP-SHA1-6:QN08", { challenge: ["1234", ""] }],
    ["pin", "OCRA-1:HOTP-SHA1-6:QN08", { pin: Buffer.from("7391") }],
    ["session", "OCRA-1:HOTP-SHA1-6:QN08", { session: Buffer.from("1") }],
    ["time", "OCRA-1:HOTP-SHA1-6:QN08-T1M", { unixSeconds: -1 }],
    ["time", "OCRA-1:HOTP-SHA1-6:QN08-T1M", { unixSeconds: Number.NaN }],
    ["secret", "OCRA-1:HOTP-SHA1-6:QN08", { secret: Buffer.alloc(0) }],
  ])("refuse a bad %s for %s", (parameter, suite, input) => {
    expect(() => respond(suite, input)).toThrow(
      expect.objectContaining({ name: "OtpError", parameter }),
    );
  });
});

describe("OCRA inputs at their limits", () => {
  test("are taken: two challenges of 64 characters, a whole session, and the year 1970", () => {
    const text = "a".repeat(64);
    const suite = "OCRA-1:HOTP-SHA1-0:QA64-S004-T1M";
    const response = respond(suite, {
      challenge: [text, text],
      session: Buffer.from("1234"),
      unixSeconds: 0,
    });
    expect(response).toBe(expected("sha1", `${suite}\0`, text, text, "1234", Buffer.alloc(8)));
  });

  test("include every printable character of ASCII, and numbers of 64 digits", () => {
    const [alphanumeric, numeric] = ["OCRA-1:HOTP-SHA1-0:QA08", "OCRA-1:HOTP-SHA1-0:QN64"];
    expect(respond(alphanumeric, { challenge: [" ~"] })).toBe(
      expected("sha1", `${alphanumeric}\0`, padded(Buffer.from(" ~"))),
    );
    const hex = BigInt("9".repeat(64)).toString(16);
    expect(respond(numeric, { challenge: ["9".repeat(64)] })).toBe(
      expected(
        "sha1",
        `${numeric}\0`,
        padded(Buffer.from(hex.length % 2 === 0 ? hex : `${hex}0`, "hex")),
      ),
    );
  });

  test("a suite without a time takes none, whatever the clock says", () => {
    expect(respond("OCRA-1:HOTP-SHA1-6:QN08", { unixSeconds: 1_700_000_000 })).toBe(
      respond("OCRA-1:HOTP-SHA1-6:QN08", {}),
    );
  });

  test("the HMAC is cut to digits in the RFC's way, whatever their number", () => {
    const mac = Buffer.from(respond("OCRA-1:HOTP-SHA256-0:QN08", {}), "hex");
    expect(mac).toHaveLength(32);
    expect(respond("OCRA-1:HOTP-SHA256-10:QN08", {})).toMatch(/^[0-9]{10}$/);
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
    "QN04",
    "QN64",
    "QN08-S001",
    "QN08-S512",
    "QN08-T1S",
    "QN08-T59S",
    "QN08-T59M",
    "QN08-T1H",
    "QN08-T48H",
  ])("may be at the limits of an input: %s", (inputs) => {
    const text = `OCRA-1:HOTP-SHA1-6:${inputs}`;
    expect(formatOcraSuite(parseOcraSuite(text))).toBe(text);
  });

  test("write a time step in the largest unit that holds it whole", () => {
    const suite = parseOcraSuite("OCRA-1:HOTP-SHA1-6:QN08");
    const written = (timeStep: number) =>
      formatOcraSuite({ ...suite, timeStep })
        .split("-")
        .at(-1);
    expect([1, 90, 60, 5_400, 3_600, 7_200].map(written)).toEqual([
      "T1S",
      "T90S",
      "T1M",
      "T90M",
      "T1H",
      "T2H",
    ]);
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
    ["OCRA-1:HOTP-SHA1-6:QN08-S000", "1 to 512 bytes"],
    ["OCRA-1:HOTP-SHA1-6:QN08-T0S", "a time step is"],
    ["OCRA-1:HOTP-SHA1-6:QN08-T0M", "a time step is"],
    ["OCRA-1:HOTP-SHA1-6:QN08-T60M", "a time step is"],
    ["OCRA-1:HOTP-SHA1-6:QN08-T49H", "a time step is"],
    ["OCRA-1:HOTP-SHA1-1:QN08", "digits are 0, or 4 to 10"],
    ["OCRA-1:HOTP-SHA1-11:QN08", "digits are 0, or 4 to 10"],
    ["OCRA-1:XHOTP-SHA1-6:QN08", 'at "XHOTP-SHA1-6"'],
    ["OCRA-1:HOTP-SHA1-666:QN08", 'at "HOTP-SHA1-666"'],
    ["OCRA-1:HOTP-SHA1-6X:QN08", 'at "HOTP-SHA1-6X"'],
    ["OCRA-1:HOTP-SHA1-6:XC-QN08", 'at "XC"'],
    ["OCRA-1:HOTP-SHA1-6:CX-QN08", 'at "CX"'],
    ["OCRA-1:HOTP-SHA1-6:XQN08", 'at "XQN08"'],
    ["OCRA-1:HOTP-SHA1-6:QN008", 'at "QN008"'],
    ["OCRA-1:HOTP-SHA1-6:QN8", 'at "QN8"'],
    ["OCRA-1:HOTP-SHA1-6:QN08-XPSHA1", 'at "XPSHA1"'],
    ["OCRA-1:HOTP-SHA1-6:QN08-PSHA1X", 'at "PSHA1X"'],
    ["OCRA-1:HOTP-SHA1-6:QN08-S64", 'at "S64"'],
    ["OCRA-1:HOTP-SHA1-6:QN08-XS064", 'at "XS064"'],
    ["OCRA-1:HOTP-SHA1-6:QN08-S0640", 'at "S0640"'],
    ["OCRA-1:HOTP-SHA1-6:QN08-XT1M", 'at "XT1M"'],
    ["OCRA-1:HOTP-SHA1-6:QN08-T1MX", 'at "T1MX"'],
    ["OCRA-1:HOTP-SHA1-6:QN08-T001M", 'at "T001M"'],
    ["OCRA-1:HOTP-SHA1-6:QN08-T1M-X-Y", 'at "X-Y"'],
    [`OCRA-1:HOTP-SHA1-6:${"9".repeat(41)}`, `at "${"9".repeat(40)}":`],
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
