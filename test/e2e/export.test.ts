import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { EXPORT_FORMATS } from "#enrollment/export-formats.ts";
import { HOTP_URI, RFC_CODES, RFC_SECRET, type TestHome, TOTP_URI, testHome } from "./fob.ts";

const OCRA_URI = `otpauth://ocra/Bank:ann?secret=${RFC_SECRET}&suite=OCRA-1%3AHOTP-SHA1-6%3AQN08&issuer=Bank`;
const PASSPHRASE = "correct horse battery";

async function homeWith(...uris: string[]): Promise<TestHome> {
  const home = testHome();
  expect((await home.fob(["enroll", "-"], { input: uris.join("\n") })).exitCode).toBe(0);
  return home;
}

async function listed({ fob }: TestHome): Promise<unknown[]> {
  const tokens = JSON.parse((await fob(["list", "--json"])).stdout);
  return tokens.map(
    ({ id: _id, format: _f, enrolledAt: _e, lastUsedAt: _l, ...rest }: Record<string, unknown>) =>
      rest,
  );
}

describe("fob export", () => {
  test("prints Key URIs that enroll as the same tokens", async () => {
    const from = await homeWith(
      HOTP_URI,
      TOTP_URI,
      OCRA_URI,
      "motp://ACME:mo?secret=0f4c2d86b1aa7e31",
    );
    expect((await from.fob(["code", "ACME:ann"])).stdout).toBe(`${RFC_CODES[0]}\n`);
    const { stdout, exitCode } = await from.fob(["export"]);
    expect(exitCode).toBe(0);
    const to = await homeWith(...stdout.trim().split("\n"));
    expect(await listed(to)).toEqual(await listed(from));
    expect((await to.fob(["code", "ACME:ann"])).stdout).toBe(`${RFC_CODES[1]}\n`);
  });

  test.each(EXPORT_FORMATS.map(({ id }) => id))(
    "keeps the name of a token without issuer and account (%s)",
    async (format) => {
      const from = testHome();
      const names = ["vpn at work", "a:b", "Ünï"];
      for (const [i, name] of names.entries()) {
        const secret = RFC_SECRET.replace(/.$/, "ABC"[i] ?? "");
        const enrolled = await from.fob(["enroll", "-", "--name", name], { input: secret });
        expect(enrolled.exitCode).toBe(0);
      }
      const file = join(from.home, "export");
      const more = format === "uri" || format === "migration" ? [] : ["--unencrypted"];
      await from.fob(["export", "--format", format, "--output", file, ...more]);
      const to = testHome();
      expect(await to.fob(["import", file])).toMatchObject({ exitCode: 0 });
      const known = JSON.parse((await to.fob(["list", "--json"])).stdout);
      expect(known.map(({ name }: { name: string }) => name).sort()).toEqual(names.sort());
    },
  );

  test.each([
    ["aegis", []],
    ["aegis", ["--unencrypted"]],
    ["pskc", []],
    ["pskc", ["--unencrypted"]],
  ] as const)("writes %s %j for its owner alone, and reads it back", async (format, more) => {
    const from = await homeWith(HOTP_URI, TOTP_URI);
    const file = join(from.home, "export");
    const env = { FOB_PIN: PASSPHRASE };
    const { stdout, exitCode } = await from.fob(
      ["export", "--format", format, ...more, "--output", file],
      { env },
    );
    expect([exitCode, stdout]).toEqual([0, `wrote 2 tokens to ${file}\n`]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const secrets = [RFC_SECRET, Buffer.from("12345678901234567890").toString("base64")];
    const shown = secrets.some((secret) => readFileSync(file, "utf8").includes(secret));
    expect(shown).toBe(more.length > 0);
    const to = testHome();
    expect((await to.fob(["import", file], { env })).exitCode).toBe(0);
    expect(await listed(to)).toEqual(await listed(from));
    expect(
      (await from.fob(["export", "--format", format, "--output", file], { env })).exitCode,
    ).toBe(2);
  });

  test("draws migration codes of ten tokens each, which enroll again", async () => {
    const uris = Array.from(
      { length: 13 },
      (_, i) => `otpauth://totp/Issuer${i}:ann?secret=${RFC_SECRET}&issuer=Issuer${i}`,
    );
    const from = await homeWith(...uris);
    const { exitCode, stderr } = await from.fob([
      "export",
      "--format",
      "migration",
      "--qr",
      join(from.home, "codes.png"),
    ]);
    expect(exitCode).toBe(0);
    const files = ["codes-1.png", "codes-2.png"].map((name) => join(from.home, name));
    expect(stderr).toContain("codes-2.png holds secrets");
    const to = testHome();
    for (const file of files) expect((await to.fob(["import", file])).exitCode).toBe(0);
    expect(await listed(to)).toEqual(await listed(from));
  });

  test("asks for the PIN of a token again, and gives nothing without it", async () => {
    const from = await homeWith(HOTP_URI);
    await from.fob(["pin", "set", "ACME"], { env: { FOB_PIN: "7305" } });
    const without = await from.fob(["export"]);
    expect([without.exitCode, without.stdout]).toEqual([5, ""]);
    const wrong = await from.fob(["export"], { env: { FOB_PIN: "7306" } });
    expect([wrong.exitCode, wrong.stdout]).toEqual([4, ""]);
    expect((await from.fob(["export"], { env: { FOB_PIN: "7305" } })).stdout).toContain(RFC_SECRET);
  });

  test("never loses a token without a word", async () => {
    const from = await homeWith(HOTP_URI, OCRA_URI);
    const env = { FOB_PIN: PASSPHRASE };
    const all = await from.fob(["export", "--format", "aegis"], { env });
    expect([all.exitCode, all.stderr]).toEqual([
      0,
      expect.stringContaining("left out: Bank: Aegis has no challenge-response"),
    ]);
    expect((await from.fob(["export", "Bank", "--format", "aegis"], { env })).exitCode).toBe(2);
  });

  test.each([
    [["--format", "xml"], /is no format/],
    [["--unencrypted"], /--unencrypted is for/],
    [["--format", "aegis", "--qr", "x.png"], /does not fit/],
    [["--qr"], /draws on a terminal only/],
    [["--qr", "x.png", "--output", "y"], /exclude each other/],
    [["--qr", "x.gif"], /neither .png nor .svg/],
  ])("refuses %j with exit code 2", async (options, message) => {
    const { fob } = await homeWith(HOTP_URI);
    const outcome = await fob(["export", ...options]);
    expect([outcome.exitCode, outcome.stdout]).toEqual([2, ""]);
    expect(outcome.stderr).toMatch(message);
  });

  test("leaves no picture behind when one of them exists already", async () => {
    const from = await homeWith(HOTP_URI, TOTP_URI);
    const [first, second] = [1, 2].map((n) => join(from.home, `codes-${n}.svg`));
    writeFileSync(second ?? "", "mine");
    const outcome = await from.fob(["export", "--qr", join(from.home, "codes.svg")]);
    expect([outcome.exitCode, outcome.stderr]).toEqual([
      2,
      expect.stringContaining(`${second} exists already`),
    ]);
    expect([existsSync(first ?? ""), readFileSync(second ?? "", "utf8")]).toEqual([false, "mine"]);
  });

  test.each(["png", "svg"])(
    "says of what is too long for a QR code that it is: .%s",
    async (ending) => {
      const { fob, home } = testHome();
      const long = "\u{1F511}".repeat(120);
      const picture = join(home, `x.${ending}`);
      const outcome = await fob([
        "provision",
        "totp",
        "--account",
        long,
        "--issuer",
        long,
        "--qr",
        picture,
      ]);
      expect([outcome.exitCode, outcome.stdout]).toEqual([2, ""]);
      expect(outcome.stderr).toMatch(/^fob: \d+ bytes do not fit into a QR code\nhint: .*--output/);
      expect(existsSync(picture)).toBe(false);
    },
  );

  test.each([
    ["export", ["--format", "pskc"]],
    ["export", ["ACME"]],
    ["provision", ["totp", "--account", "ann", "--format", "aegis"]],
  ])("%s %j --plain is refused: the word has another meaning", async (command, words) => {
    const { fob } = await homeWith(HOTP_URI);
    const outcomes = [
      await fob([command, ...words, "--plain"]),
      await fob([command, "--plain", ...words]),
      await fob(["--home", "export", "--quiet", command, "--plain", ...words]),
      await fob(["--plain", command, ...words, "--plain"]),
    ];
    for (const { exitCode, stdout, stderr } of outcomes) {
      expect([exitCode, stdout]).toEqual([2, ""]);
      expect(stderr).toMatch(
        /^fob: --plain is no option of .*\nhint: --unencrypted: without encryption;.*\n$/,
      );
    }
  });

  test.each([["export"], ["provision"]])(
    "%s --plai is told what it takes, and not what it refuses",
    async (command) => {
      const { fob } = testHome();
      for (const word of ["--plai", "--plainn"]) {
        const { exitCode, stderr } = await fob([command, word]);
        expect(exitCode).toBe(2);
        expect(stderr).toMatch(
          /^fob: unknown option '--plain*'\nhint: did you mean --unencrypted\?\n$/,
        );
      }
      expect((await fob(["list", "--plai"])).stderr).toContain("did you mean --plain?");
    },
  );

  test.each([
    ["export", ["--format", "pskc"]],
    ["export", ["--format", "aegis"]],
    ["provision", ["totp", "--account", "ann", "--format", "pskc"]],
    ["provision", ["totp", "--account", "ann", "--format", "aegis"]],
  ])("%s %j for a screen reader encrypts as ever", async (command, words) => {
    const { fob, home } = await homeWith(HOTP_URI);
    await fob(["config", "set", "plain", "true"]);
    const output = join(home, "output");
    const args = [command, ...words, "--output", output];
    for (const outcome of [
      await fob(["--plain", ...args]),
      await fob(args, { env: { FOB_PLAIN: "1" } }),
    ]) {
      expect([outcome.exitCode, existsSync(output)]).toEqual([5, false]);
    }
    expect(await fob(["--plain", ...args], { env: { FOB_PIN: PASSPHRASE } })).toMatchObject({
      exitCode: 0,
    });
    expect(readFileSync(output, "utf8")).toMatch(/EncryptedValue|"slots":/);
  });

  test("wants a passphrase that stands against guessing", async () => {
    const { fob } = await homeWith(HOTP_URI);
    const outcome = await fob(["export", "--format", "aegis"], { env: { FOB_PIN: "short" } });
    expect([outcome.exitCode, outcome.stderr]).toEqual([6, expect.stringContaining("too-short")]);
  });
});
