import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { stratum } from "../enrollment/files/samples.ts";
import { WITH_KEY_FILE } from "../enrollment/keepass/keepass-samples.ts";
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
          confirm: "never",
          heldBy: null,
          tags: [],
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
    expect((await fob(["inspect", "-", "--reveal"], { input: HOTP_URI })).stdout).toContain(
      RFC_SECRET,
    );
  });

  test("explains what cannot be enrolled, with exit code 6", async () => {
    const { fob } = testHome();
    const wrong = await fob(["inspect", "-", "--json"], {
      input: `otpauth://totp/x?secret=${STRONG}&digits=3`,
    });
    expect(wrong.exitCode).toBe(6);
    expect(JSON.parse(wrong.stdout)).toEqual({
      format: "key-uri",
      enrollable: false,
      tokens: [],
      findings: [
        { severity: "error", code: "invalid", message: 'digits is "3": 4 to 10 are possible' },
      ],
    });
    expect(
      JSON.parse((await fob(["inspect", "-", "--json"], { input: "what is this?" })).stdout),
    ).toMatchObject({
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
    [
      "parameters that others do not know",
      `secret=${STRONG}&t0=5&alphabet=base32`,
      ["alphabet-unknown", "t0-unknown"],
    ],
    [
      "what both drafts of a standard refuse, and what one of them does",
      `secret=${STRONG}&counter=7&digits=7`,
      ["digits-ignored", "unknown-parameter", "draft-departure", "draft-departure"],
    ],
    ["Steam", `secret=${STRONG}&encoder=steam`, ["steam-alphabet"]],
    ["an issuer mismatch", `secret=${STRONG}&issuer=Other`, ["issuer-mismatch"]],
  ])("finds %s", async (_, query, expected) => {
    const { fob } = testHome();
    const { stdout } = await fob(["inspect", "-", "--json"], {
      input: `otpauth://totp/ACME:ann?${query}${query.includes("issuer") ? "" : "&issuer=ACME"}`,
    });
    expect(JSON.parse(stdout).findings.map(({ code }: { code: string }) => code)).toEqual(expected);
  });

  test("shows what an activation string says, and hides its one-time passwords", async () => {
    const { fob, home } = testHome();
    const lines =
      "EnrollmentURL=https://se.example.test/dskpp.aspx?sc=ABCDEFGHIJ\nUserID=ann\nPassphrase=open-sesame";
    const input = (
      Buffer.from(lines)
        .toString("base64")
        .match(/.{1,60}/g) ?? []
    ).join("\n");
    const hidden = await fob(["inspect", "-", "--json"], { input });
    expect(hidden.exitCode).toBe(0);
    expect(JSON.parse(hidden.stdout)).toMatchObject({
      format: "activation-string",
      enrollable: true,
      tokens: [
        {
          code: null,
          fields: [
            { name: "server", value: "se.example.test" },
            {},
            { name: "UserID", value: "ann" },
            {},
          ],
        },
      ],
    });
    expect(hidden.stdout).not.toMatch(/ABCDEFGHIJ|open-sesame/);
    expect((await fob(["inspect", "-", "--reveal"], { input })).stdout).toMatch(
      /sc=ABCDEFGHIJ[\s\S]*open-sesame/,
    );
    expect(filesBelow(home)).toEqual([]);
    const enrolled = await fob(["enroll", "-"], { input });
    expect([enrolled.exitCode, enrolled.stderr]).toEqual([
      8,
      expect.stringContaining("se.example.test"),
    ]);
  });

  test("shows what is in a file of another app, and what cannot be enrolled of it", async () => {
    const { fob, home } = testHome();
    const file = join(home, "export.json");
    const entries = JSON.parse(stratum).Authenticators;
    entries[0].Type = 5;
    writeFileSync(file, JSON.stringify({ Authenticators: entries }));
    const { stdout, exitCode } = await fob(["inspect", file, "--json"]);
    expect(exitCode).toBe(0);
    const { format, tokens, findings } = JSON.parse(stdout);
    expect([format, tokens.length]).toEqual(["stratum", 3]);
    expect(findings[0]).toMatchObject({ severity: "error", code: "entry-refused" });
  });

  test("takes the key file of a KeePass database, and nothing else with it", async () => {
    const { fob } = testHome();
    const { file, keyFile, env } = WITH_KEY_FILE;
    const { exitCode, stdout } = await fob(["inspect", file, "--key-file", keyFile, "--json"], {
      env,
    });
    expect([exitCode, JSON.parse(stdout).tokens.length]).toEqual([0, 4]);
    for (const other of [["-"], ["--qr", "x.png"], [HOTP_URI], [keyFile]])
      expect(
        await fob(["inspect", ...other, "--key-file", keyFile], { env, input: HOTP_URI }),
      ).toMatchObject({ exitCode: 2 });
  });

  test("promises no passcode of a token that gets another secret each time", async () => {
    const { fob } = testHome();
    const input = `otpauth://totp/x?secret=${STRONG}&2step_salt=8`;
    const { tokens } = JSON.parse((await fob(["inspect", "-", "--json"], { input })).stdout);
    expect(tokens[0]).toMatchObject({ code: null });
    expect(tokens[0].fields.at(-1)).toEqual({
      name: "secret",
      value: "made at enrollment (160 bits)",
      origin: "assumed",
    });
  });
});
