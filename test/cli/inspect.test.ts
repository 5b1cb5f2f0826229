import { describe, expect, test } from "vitest";
import { filesBelow, HOTP_URI, RFC_CODES, RFC_SECRET, testHome } from "./fob.ts";

const STRONG = "OZHHMPPUE7CQN4WGTTPR7AX2LYGTG3KQ";

describe("fob inspect", () => {
  test("shows every field, where it came from, and the passcode, and stores nothing", async () => {
    const { fob, home } = testHome();
    const { stdout, stderr, exitCode } = await fob(["inspect", "-", "--json"], { input: HOTP_URI });
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    expect(JSON.parse(stdout)).toEqual({
      format: "key-uri",
      enrollable: true,
      tokens: [
        {
          id: null,
          name: "ACME",
          issuer: "ACME",
          account: "ann",
          kind: "hotp",
          algorithm: "SHA1",
          digits: 6,
          alphabet: "decimal",
          counter: 0,
          serial: null,
          pin: "none",
          accessDomain: "00",
          favorite: false,
          format: "key-uri",
          enrolledAt: null,
          lastUsedAt: null,
          code: RFC_CODES[0],
          fields: [
            { name: "type", value: "hotp", origin: "given" },
            { name: "issuer", value: "ACME", origin: "given" },
            { name: "account", value: "ann", origin: "given" },
            { name: "algorithm", value: "SHA1", origin: "default" },
            { name: "digits", value: "6", origin: "default" },
            { name: "alphabet", value: "decimal", origin: "default" },
            { name: "counter", value: "0", origin: "given" },
            { name: "secret", value: "hidden (160 bits)", origin: "given" },
          ],
        },
      ],
      findings: [
        { severity: "warning", code: "secret-patterned", message: expect.any(String) },
        { severity: "warning", code: "secret-example", message: expect.any(String) },
      ],
    });
    expect(filesBelow(home)).toEqual([]);
  });

  test("shows the secret only when told to", async () => {
    const { fob } = testHome();
    expect((await fob(["inspect", "-"], { input: HOTP_URI })).stdout).not.toContain(RFC_SECRET);
    expect((await fob(["inspect", "-", "--reveal"], { input: HOTP_URI })).stdout).toContain(RFC_SECRET);
  });

  test("explains what cannot be enrolled, with exit code 6", async () => {
    const { fob } = testHome();
    const wrong = await fob(["inspect", "-", "--json"], { input: `otpauth://totp/x?secret=${STRONG}&digits=3` });
    expect(wrong.exitCode).toBe(6);
    expect(JSON.parse(wrong.stdout)).toEqual({
      format: "key-uri",
      enrollable: false,
      tokens: [],
      findings: [{ severity: "error", code: "invalid", message: 'digits is "3": 4 to 10 are possible' }],
    });
    expect(JSON.parse((await fob(["inspect", "-", "--json"], { input: "what is this?" })).stdout)).toMatchObject({
      format: null,
    });
    expect((await fob(["inspect", "-"], { input: "" })).stdout).toBe(
      "error: the enrollment string is empty (invalid)\n",
    );
    expect(await fob(["inspect"])).toMatchObject({ exitCode: 5 });
  });

  test.each([
    ["nothing to say", `secret=${STRONG}`, []],
    ["a short secret", "secret=OZHHMPPUE7CQ", ["secret-short"]],
    ["less than recommended", "secret=OZHHMPPUE7CQN4WGTTPR7AX2LY", ["secret-below-recommended"]],
    ["one byte repeated", "secret=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", ["secret-patterned"]],
    ["bytes that count", "secret=AAAQEAYEAUDAOCAJBIFQYDIOB4IBCEQT", ["secret-patterned"]],
    ["the format's example", "secret=JBSWY3DPEHPK3PXP", ["secret-example", "secret-short"]],
    [
      "parameters that others ignore",
      `secret=${STRONG}&algorithm=SHA256&digits=8&period=60`,
      ["algorithm-ignored", "digits-ignored", "period-ignored"],
    ],
    ["parameters that others do not know", `secret=${STRONG}&t0=5&alphabet=base32`, ["alphabet-unknown", "t0-unknown"]],
    ["Steam", `secret=${STRONG}&encoder=steam`, ["steam-alphabet"]],
    ["an issuer mismatch", `secret=${STRONG}&issuer=Other`, ["issuer-mismatch"]],
  ])("finds %s", async (_, query, expected) => {
    const { fob } = testHome();
    const { stdout } = await fob(["inspect", "-", "--json"], { input: `otpauth://totp/ACME:ann?${query}` });
    expect(JSON.parse(stdout).findings.map(({ code }: { code: string }) => code)).toEqual(expected);
  });
});
