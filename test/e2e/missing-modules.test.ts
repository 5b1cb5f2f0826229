import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { updateCell } from "#vault/cells/cell.ts";
import { headerCell } from "#vault/cells/layout.ts";
import { drawQr } from "../../scripts/draw-qr.mjs";
import { fixturePath } from "../enrollment/files/sealed/sealed-samples.ts";
import { sampled } from "../sampled.ts";
import { HOTP_URI, type Outcome, RFC_CODES, type Surroundings, testHome } from "./fob.ts";
import { type Damage, type Installation, installDamaged } from "./installation.ts";

const KEYRING = "@napi-rs/keyring-linux-x64-gnu";
const RAW = { raw: { width: 100, height: 100, channels: 3 } } as const;
const isHere = process.platform === "linux" && process.arch === "x64";

/** Runs an installed program in a home, whose keychain is the system's. */
async function runIn(
  { program }: Installation,
  home: string,
  args: readonly string[],
  { input = "", env = {} }: Surroundings = {},
): Promise<Outcome> {
  const { PATH = "" } = process.env;
  const { stdout, stderr, exitCode } = await execa(process.execPath, [program, ...args], {
    env: { PATH, HOME: home, FOB_HOME: home, ...env },
    ...{ extendEnv: false, input, reject: false, stripFinalNewline: false, timeout: 50_000 },
  });
  return { stdout, stderr, exitCode };
}

/** Says in a vault's header that the system keychain keeps its key. */
function moveToSystemKeychain(home: string): void {
  updateCell(headerCell(home), (value) =>
    Buffer.from(`${value}`.replace('"keychain":"file"', '"keychain":"system"')),
  );
}

/**
 * A home with a vault whose key the system keychain keeps, which a grant and, with an app PIN, a
 * recovery code open.
 */
async function homeWithSystemKeychain() {
  const { fob, home } = testHome();
  await fob(["enroll", "-"], { input: HOTP_URI });
  const granted = await fob(["access", "grant", "ci", "--token", "ACME"]);
  moveToSystemKeychain(home);
  return { home, grant: granted.stdout.trim() };
}

/** Every command that opens a vault, with what it needs. */
const OPENING: readonly (readonly string[])[] = [
  ["list"],
  ["list", "--codes"],
  ["show", "ACME"],
  ["code", "ACME"],
  ["code", "--all", "--json"],
  ["code", "A"],
  ["challenge", "ACME", "12345678"],
  ["enroll", "otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ"],
  ["import", "FILE"],
  ["export"],
  ["backup", "FILE.age"],
  ["restore", "ACME"],
  ["rename", "ACME", "b"],
  ["remove", "ACME", "--yes"],
  ["favorite", "ACME"],
  ["resync", "ACME", "755224", "287082"],
  ["verify", "ACME", "755224"],
  ["run", "--token", "ACME", "--", "true"],
  ["pin", "set", "ACME"],
  ["pin", "set"],
  ["pin", "remove", "ACME"],
  ["pin", "status", "ACME"],
  ["access", "list"],
  ["access", "grant", "b", "--token", "ACME"],
  ["access", "revoke", "ci"],
  ["access", "domain", "ACME", "FF"],
  ["push", "list"],
  ["push", "approve"],
  ["push", "deny"],
  ["push", "history"],
  ["push", "listen", "--once", "--json"],
  ["unlock"],
  ["agent", "start"],
  ["biometric", "status"],
  ["doctor"],
];

const SOME = OPENING.filter(([name]) => name === "code" || name === "doctor");

describe.runIf(isHere).each(["absent", "broken"] satisfies Damage[])(
  "with the keychain's native module %s",
  (damage) => {
    let installation: Installation;
    beforeAll(() => {
      installation = installDamaged({ [KEYRING]: damage });
    });
    afterAll(() => installation.remove());

    const FIRST =
      /^fob: the system keychain cannot be reached: the native part .*\nhint: .*--keychain file/m;
    /** A vault that is there has its key in the system keychain: no other one can help it. */
    const REFUSAL =
      /^fob: the system keychain cannot be reached: the native part .*\nhint: (?!.*--keychain (?:file|none)).*grant/m;

    test.each(damage === "absent" ? sampled(OPENING, 16) : SOME)(
      "`fob %s` finds a keychain that cannot be reached",
      async (...given) => {
        const { home } = await homeWithSystemKeychain();
        const file = join(home, "uris.txt");
        writeFileSync(file, "otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ\n");
        const args = given.map((word) => (word === "FILE" ? file : word));
        const { stdout, stderr, exitCode } = await runIn(installation, home, args, {
          env: { FOB_PIN: "7391" },
        });
        expect(exitCode, `${stdout}${stderr}`).toBe(8);
        if (args[0] === "doctor")
          expect(stdout).toMatch(/the native part of @napi-rs\/keyring is missing/);
        else
          expect(stderr).toMatch(
            args.includes("--json") ? /^\{"error":\{"code":"unavailable",/ : REFUSAL,
          );
      },
    );

    test("a first vault is refused to a script, and made with what the hint says", async () => {
      const { home } = testHome();
      const enroll = (...options: string[]) =>
        runIn(installation, home, ["enroll", "-", ...options], { input: HOTP_URI });
      expect(await enroll()).toMatchObject({ exitCode: 8, stderr: expect.stringMatching(FIRST) });
      expect(await runIn(installation, home, ["doctor"])).toMatchObject({ exitCode: 0 });
      expect(await enroll("--keychain", "file")).toMatchObject({ exitCode: 0 });
      expect((await runIn(installation, home, ["code", "ACME"])).stdout).toBe(`${RFC_CODES[0]}\n`);
    });

    test("a key is not moved there, and the hint says what is missing", async () => {
      const { home, fob } = testHome();
      await fob(["enroll", "-"], { input: HOTP_URI });
      const { exitCode, stderr } = await runIn(installation, home, ["keychain", "move", "system"]);
      expect(exitCode).toBe(8);
      expect(stderr).toMatch(/the native part .*\nhint: nothing was changed; install /);
      expect((await runIn(installation, home, ["code", "ACME"])).stdout).toBe(`${RFC_CODES[0]}\n`);
    });

    test("a vault opens with what the hint says: a grant, the recovery code", async () => {
      const { home, grant } = await homeWithSystemKeychain();
      const granted = await runIn(installation, home, ["code", "ACME"], {
        env: { FOB_GRANT: grant },
      });
      expect(granted.stdout).toBe(`${RFC_CODES[0]}\n`);
      const other = testHome();
      await other.fob(["enroll", "-"], { input: HOTP_URI });
      const set = await other.fob(["pin", "set", "--json"], { env: { FOB_PIN: "7391" } });
      const { recoveryCode } = JSON.parse(set.stdout);
      moveToSystemKeychain(other.home);
      const recovered = await runIn(installation, other.home, ["code", "ACME"], {
        env: { FOB_PIN: recoveryCode },
      });
      expect(recovered.stdout).toBe(`${RFC_CODES[0]}\n`);
      expect(
        await runIn(installation, other.home, ["code", "ACME"], { env: { FOB_PIN: "7391" } }),
      ).toMatchObject({
        exitCode: 8,
        stderr: expect.stringMatching(REFUSAL),
      });
    });
  },
);

describe("without a package", () => {
  let installation: Installation;
  const install = (damaged: Readonly<Record<string, Damage>>) => {
    installation = installDamaged(damaged);
    return installation;
  };
  afterEach(() => installation.remove());

  /** Larger than what is read at once, so that pixels are needed. */
  const page = drawQr(HOTP_URI, { canvas: { width: 3_000, height: 2_000 } }).invert();

  test.each(["png", "jpeg", "bmp"] as const)(
    "sharp, a %s picture is read by the other reader",
    async (format) => {
      const { home } = testHome();
      const picture = join(home, "picture");
      writeFileSync(picture, await page.getBuffer(`image/${format}`));
      const args = ["inspect", "--qr", picture, "--json"];
      const { stdout } = await runIn(install({ "@img": "absent" }), home, args);
      expect(JSON.parse(stdout).tokens).toHaveLength(1);
    },
  );

  test("sharp, a picture that nothing else reads is told as that", async () => {
    const { home } = testHome();
    const picture = join(home, "picture");
    writeFileSync(
      picture,
      await sharp(Buffer.alloc(3 * 100 * 100), RAW)
        .webp()
        .toBuffer(),
    );
    expect(
      await runIn(install({ "@img": "absent" }), home, ["inspect", "--qr", picture]),
    ).toMatchObject({
      exitCode: 8,
      stderr: expect.stringMatching(
        /^fob: .* cannot be read without the package sharp.*\nhint: save it as PNG/,
      ),
    });
  });

  test("zxing-wasm, the other decoder reads", async () => {
    const { home } = testHome();
    const picture = join(home, "picture.png");
    await drawQr(HOTP_URI).write(picture as `${string}.png`);
    const args = ["inspect", "--qr", picture, "--json"];
    const { stdout } = await runIn(install({ "zxing-wasm": "absent" }), home, args);
    expect(JSON.parse(stdout).tokens).toHaveLength(1);
  });

  test.each([
    ["clipboardy", ["enroll", "--clipboard"]],
    ["clipboardy", ["provision", "totp", "--account", "ann"]],
    ["@jellybrick", ["doctor"]],
    ["uqr", ["provision", "totp", "--account", "ann", "--qr", "PICTURE"]],
    ["undici", ["enroll", "SERVER"]],
    ["age-encryption", ["backup", "BACKUP"]],
    ["fast-xml-parser", ["export", "--format", "pskc", "--unencrypted"]],
    ["csv-parse", ["provision", "totp", "--csv", "CSV"]],
    ["@noble", ["import", "SEALED"]],
  ])("%s, `fob %s` fails as unavailable, if at all", async (name, given) => {
    const { fob, home } = testHome();
    await fob(["enroll", "-"], { input: HOTP_URI });
    const csv = join(home, "list.csv");
    writeFileSync(csv, "account\nann\n");
    const places: Readonly<Record<string, string>> = {
      BACKUP: join(home, "backup.age"),
      CSV: csv,
      PICTURE: join(home, "code.png"),
      SEALED: fixturePath("cotp"),
      SERVER:
        "otpauth://pipush/x?url=http%3A//127.0.0.1%3A9/&issuer=a&ttl=2&serial=P1&enrollment_credential=b&v=1",
    };
    const args = given.map((word) => places[word] ?? word);
    const outcome = await runIn(install({ [name]: "absent" }), home, args, {
      env: { FOB_KEYCHAIN: "file", FOB_PIN: "a long passphrase" },
    });
    expect([0, 8]).toContain(outcome.exitCode);
    expect(outcome.stderr).not.toMatch(/unexpected/);
  });
});
