import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { readHeader, updateSlots } from "#vault/keys/header.ts";
import { HOTP_URI, RFC_CODES, RFC_SECRET, type TestHome, TOTP_URI, testHome } from "../e2e/fob.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PAGE = readFileSync(join(ROOT, "docs/troubleshooting.md"), "utf8");

const APP_PIN = "83517";
const PASSPHRASE = "six heavy wooden chairs";

async function enrolled(uris: readonly string[] = [HOTP_URI]): Promise<TestHome> {
  const home = testHome();
  await home.fob(["enroll", "-"], { input: uris.join("\n") });
  return home;
}

/** Makes what the page speaks of, and follows its advice until things work again. */
type Case = () => Promise<void>;

/** The cases whose advice is followed here, by the words in bold that begin them on the page. */
const CASES: Readonly<Record<string, Case>> = {
  "a secret with `-` in front, or a name that begins with one": async () => {
    const { fob } = await enrolled();
    expect(await fob(["rename", "ACME", "-x"])).toMatchObject({ exitCode: 2 });
    expect(await fob(["rename", "--", "ACME", "-x"])).toMatchObject({ exitCode: 0 });
    expect((await fob(["code", "--", "-x"])).stdout).toBe(`${RFC_CODES[0]}\n`);
  },
  '"this token is enrolled already"': async () => {
    const { fob } = await enrolled();
    await fob(["code", "ACME"]);
    const again = await fob(["enroll", "-"], { input: HOTP_URI });
    expect(again).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("enrolled already"),
    });
    expect(await fob(["enroll", "-", "--replace"], { input: HOTP_URI })).toMatchObject({
      exitCode: 0,
    });
    expect((await fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[1]}\n`);
    expect((await fob(["restore"])).stdout).toContain("ACME");
  },
  '"is in use already, as"': async () => {
    const { fob } = await enrolled();
    await fob(["remove", "ACME", "--yes"]);
    await fob(["enroll", "-"], { input: HOTP_URI });
    const refused = await fob(["restore", "ACME"]);
    const stderr = expect.stringContaining("is in use already, as");
    expect(refused).toMatchObject({ exitCode: 2, stderr });
    const [{ id }] = JSON.parse((await fob(["restore", "--json"])).stdout);
    expect(await fob(["remove", "ACME", "--yes"])).toMatchObject({ exitCode: 0 });
    expect(await fob(["restore", id])).toMatchObject({ exitCode: 0 });
  },
  '"goes on at the counter N"': async () => {
    const { fob } = await enrolled();
    await fob(["code", "ACME"]);
    await fob(["remove", "ACME", "--yes"]);
    const again = await fob(["enroll", "-"], { input: HOTP_URI });
    expect(again).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining("goes on at the counter 1"),
    });
    expect((await fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[1]}\n`);
  },
  "wrong PIN": async () => {
    const { fob } = await enrolled();
    await fob(["pin", "set", "ACME"], { env: { FOB_PIN: APP_PIN } });
    const wrong = await fob(["code", "ACME"], { env: { FOB_PIN: "11117" } });
    expect(wrong).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining("9 attempts left"),
    });
    expect((await fob(["code", "ACME"], { env: { FOB_PIN: APP_PIN } })).stdout).toBe(
      `${RFC_CODES[0]}\n`,
    );
  },
  '"its access domain is FF"': async () => {
    const { fob } = await enrolled();
    await fob(["access", "domain", "ACME", "none"]);
    const refused = await fob(["code", "ACME"]);
    expect(refused).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining("its access domain is FF"),
    });
    await fob(["access", "domain", "ACME", "full"]);
    expect((await fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[0]}\n`);
  },
  "a grant": async () => {
    const { fob } = await enrolled([HOTP_URI, TOTP_URI]);
    const granted = await fob(["access", "grant", "ci", "--token", "Example", "--json"]);
    const FOB_GRANT = Object.values(JSON.parse(granted.stdout)).find((value) =>
      String(value).startsWith("fob"),
    ) as string;
    expect((await fob(["code", "ACME"], { env: { FOB_GRANT } })).exitCode).not.toBe(0);
    expect((await fob(["access", "list"])).stdout).toContain("ci");
    expect((await fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[0]}\n`);
  },
  "in a script": async () => {
    const { home, fob } = await enrolled();
    await fob(["pin", "set", "ACME"], { env: { FOB_PIN: "90210" } });
    await fob(["pin", "set"], { env: { FOB_PIN: APP_PIN } });
    expect(await fob(["code", "ACME"])).toMatchObject({ exitCode: 5 });
    const file = join(home, "pins");
    writeFileSync(file, `${APP_PIN}\n90210\n`);
    expect((await fob(["code", "ACME", "--pin-file", file])).stdout).toBe(`${RFC_CODES[0]}\n`);
    await fob(["unlock"], { env: { FOB_PIN: APP_PIN } });
    expect((await fob(["code", "ACME"], { env: { FOB_PIN: "90210" } })).stdout).toBe(
      `${RFC_CODES[1]}\n`,
    );
    await fob(["lock"]);
  },
  "too many wrong PINs": async () => {
    const { fob } = await enrolled();
    await fob(["pin", "set", "ACME", "--policy", "attempts=1"], { env: { FOB_PIN: "90210" } });
    const { recoveryCode } = JSON.parse(
      (await fob(["pin", "set", "--json"], { env: { FOB_PIN: APP_PIN } })).stdout,
    );
    for (let i = 0; i < 10; i++) await fob(["list"], { env: { FOB_PIN: "11117" } });
    expect(await fob(["list"], { env: { FOB_PIN: APP_PIN } })).toMatchObject({ exitCode: 5 });
    expect(await fob(["list"], { env: { FOB_PIN: recoveryCode } })).toMatchObject({ exitCode: 0 });
    const changed = await fob(["pin", "change"], { env: { FOB_PIN: `${recoveryCode}\n64137` } });
    expect(changed).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining("new recovery code"),
    });
    await fob(["code", "ACME"], { env: { FOB_PIN: "64137\n11117" } });
    expect(await fob(["code", "ACME"], { env: { FOB_PIN: "64137\n90210" } })).toMatchObject({
      exitCode: 5,
    });
    const anew = await fob(["enroll", "-", "--replace"], {
      input: HOTP_URI,
      env: { FOB_PIN: "64137" },
    });
    expect(anew).toMatchObject({ exitCode: 0 });
    expect((await fob(["code", "ACME"], { env: { FOB_PIN: "64137" } })).stdout).toBe(
      `${RFC_CODES[0]}\n`,
    );
  },
  '"this vault has no recovery code"': async () => {
    const { home, fob } = testHome();
    const env = { FOB_KEYCHAIN: "", FOB_PIN: PASSPHRASE };
    await fob(["enroll", "-"], { input: HOTP_URI, env: { ...env, FOB_KEYCHAIN: "none" } });
    const vaultId = readHeader(home)?.id ?? "";
    updateSlots({ home, vaultId }, (slots) => slots.filter(({ type }) => type !== "recovery"));
    for (let i = 0; i < 10; i++)
      await fob(["list"], { env: { ...env, FOB_PIN: "six heavy wooden tables" } });
    const locked = await fob(["list"], { env });
    expect(locked).toMatchObject({
      exitCode: 5,
      stderr: expect.stringContaining("this vault has no recovery code"),
    });
    expect(existsSync(join(home, "vault/attempts/app"))).toBe(true);
    rmSync(join(home, "vault/attempts/app"), { recursive: true });
    expect(await fob(["list"], { env })).toMatchObject({ exitCode: 0 });
  },
  '"cannot ask here"': async () => {
    const { fob } = await enrolled();
    const refused = await fob(["remove", "ACME"]);
    expect(refused).toMatchObject({
      exitCode: 5,
      stderr: expect.stringMatching(/cannot ask here.*\nhint: .*--yes/),
    });
    expect(await fob(["remove", "ACME", "--yes"])).toMatchObject({ exitCode: 0 });
  },
  "an enrollment string": async () => {
    const { fob } = testHome();
    const broken = TOTP_URI.replace("digits=8", "digits=80");
    const refused = await fob(["enroll", "-"], { input: broken });
    expect(refused).toMatchObject({ exitCode: 6, stderr: expect.stringContaining("digits") });
    expect((await fob(["inspect", "-"], { input: broken })).stdout).toContain("digits");
    expect(await fob(["enroll", "-"], { input: TOTP_URI })).toMatchObject({ exitCode: 0 });
  },
  '"the key in the keychain does not belong to this vault"': async () => {
    const { home, fob } = await enrolled();
    const key = join(home, "key");
    renameSync(key, join(home, "own"));
    writeFileSync(key, Buffer.alloc(32, 7).toString("base64"), { mode: 0o600 });
    const refused = await fob(["code", "ACME"]);
    expect(refused).toMatchObject({
      exitCode: 6,
      stderr: expect.stringContaining("does not belong to this vault"),
    });
    renameSync(join(home, "own"), key);
    const { recoveryCode } = JSON.parse(
      (await fob(["pin", "set", "--json"], { env: { FOB_PIN: APP_PIN } })).stdout,
    );
    writeFileSync(key, Buffer.alloc(32, 7).toString("base64"));
    expect(await fob(["list"], { env: { FOB_PIN: APP_PIN } })).toMatchObject({ exitCode: 6 });
    expect(JSON.parse((await fob(["pin", "status", "--json"])).stdout).attemptsLeft).toBe(10);
    await fob(["pin", "change"], { env: { FOB_PIN: `${recoveryCode}\n64137` } });
    expect((await fob(["code", "ACME"], { env: { FOB_PIN: "64137" } })).stdout).toBe(
      `${RFC_CODES[0]}\n`,
    );
  },
  '"the keychain holds no key for this vault"': async () => {
    const { home, fob } = await enrolled();
    const file = join(home, "saved.age");
    await fob(["backup", file], { env: { FOB_PIN: PASSPHRASE } });
    rmSync(join(home, "key"));
    const refused = await fob(["code", "ACME"]);
    expect(refused).toMatchObject({
      exitCode: 8,
      stderr: expect.stringContaining("the key file of this vault is gone"),
    });
    const restored = await fob(["--home", join(home, "new"), "restore", file], {
      env: { FOB_PIN: PASSPHRASE },
    });
    expect(restored).toMatchObject({ exitCode: 0 });
    expect((await fob(["--home", join(home, "new"), "code", "ACME"])).stdout).toBe(
      `${RFC_CODES[0]}\n`,
    );
  },
  '"this PIN is refused"': async () => {
    const { fob } = await enrolled();
    await fob(["pin", "set", "ACME"], { env: { FOB_PIN: APP_PIN } });
    const refused = await fob(["pin", "change", "ACME"], { env: { FOB_PIN: `${APP_PIN}\n1234` } });
    expect(refused).toMatchObject({ exitCode: 6, stderr: expect.stringContaining("(run)") });
    expect((await fob(["pin", "status", "ACME"])).stdout).toContain("no runs, repeats or dates");
    expect(
      await fob(["pin", "change", "ACME"], { env: { FOB_PIN: `${APP_PIN}\n64137` } }),
    ).toMatchObject({
      exitCode: 0,
    });
  },
  "the vault is damaged, or of a newer fob": async () => {
    const { home, fob } = await enrolled([HOTP_URI, TOTP_URI]);
    rmSync(join(home, "vault/index"), { recursive: true });
    expect(await fob(["doctor", "--repair"])).toMatchObject({ exitCode: 0 });
    expect((await fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[0]}\n`);
  },
  "`fob verify`: no match": async () => {
    const { fob } = await enrolled();
    const far = await fob(["verify", "ACME", RFC_CODES[9] ?? "", "--window", "2"]);
    expect(far).toMatchObject({ exitCode: 7 });
    expect(await fob(["verify", "ACME", RFC_CODES[9] ?? "", "--window", "20"])).toMatchObject({
      exitCode: 0,
    });
  },
  "the keychain, for a first vault": async () => {
    const { fob } = testHome();
    const env = { FOB_KEYCHAIN: "", DBUS_SESSION_BUS_ADDRESS: "unix:path=/nowhere" };
    const refused = await fob(["enroll", "-"], { input: HOTP_URI, env });
    expect(refused).toMatchObject({
      exitCode: 8,
      stderr: expect.stringContaining("--keychain file"),
    });
    expect(
      await fob(["enroll", "-", "--keychain", "file"], { input: HOTP_URI, env }),
    ).toMatchObject({ exitCode: 0 });
    expect((await fob(["code", "ACME"], { env })).stdout).toBe(`${RFC_CODES[0]}\n`);
  },
  "the agent": async () => {
    const { fob } = await enrolled();
    expect(await fob(["agent", "status"])).toMatchObject({ exitCode: 8 });
    expect(await fob(["unlock"])).toMatchObject({ exitCode: 0 });
    expect(await fob(["agent", "status"])).toMatchObject({ exitCode: 0 });
    expect(await fob(["lock"])).toMatchObject({ exitCode: 0 });
  },
};

/**
 * The cases that need a server, a desktop, a picture, damage or a full disk, and the files whose
 * tests follow their advice.
 */
const ELSEWHERE: Readonly<Record<string, string>> = {
  "the fingerprint reader does not know this finger": "test/system/fingerprint.test.ts",
  "no QR code found": "test/e2e/qr.test.ts",
  '"belongs to user ann (1000), who could not read what this user writes there"':
    "test/e2e/foreign-home.test.ts",
  '"NAME is empty"': "test/e2e/empty-values.test.ts",
  '"this account is enrolled already, with another secret"': "test/e2e/same-account.test.ts",
  '"this account is given twice, with different secrets"': "test/e2e/same-account.test.ts",
  "one token cannot be read": "test/e2e/one-bad-token.test.ts",
  "a note or recovery codes cannot be read": "test/e2e/damage/damaged-files.test.ts",
  "the state of the synchronisation is damaged": "test/e2e/damage/damaged-files.test.ts",
  '"has no passcode: the time is before the token\'s first step"': "test/e2e/one-bad-token.test.ts",
  "an activation string": "test/e2e/enroll-online.test.ts",
  "a login request": "test/push/inbox/many-answers.test.ts",
  "a server's certificate that fob does not trust, or plain http": "test/platform/http.test.ts",
  '"the native part of @napi-rs/keyring is missing"': "test/e2e/missing-modules.test.ts",
  "the keychain that has the vault's key": "test/system/keychain.test.ts",
  "the clipboard": "test/system/clipboard.test.ts",
  "the disk": "test/torture/failing-disk.test.ts",
  "a server": "test/platform/http.test.ts",
};

describe("docs/troubleshooting.md", () => {
  test("has a test for each of its cases, here or where the components are", () => {
    const cases = Array.from(PAGE.matchAll(/^- \*\*(.+?)\*\*/gm), ([, words]) => words);
    expect(cases.length).toBeGreaterThan(20);
    expect([...Object.keys(CASES), ...Object.keys(ELSEWHERE)].sort()).toEqual([...cases].sort());
    for (const file of Object.values(ELSEWHERE))
      expect(existsSync(join(ROOT, file)), file).toBe(true);
  });

  test.each(Object.entries(CASES))("helps with %s", { timeout: 240_000 }, (_, follow) => follow());

  test("helps with a token that was removed, or is not found", async () => {
    const { fob } = await enrolled();
    expect(await fob(["code", "vpn"])).toMatchObject({ exitCode: 3 });
    await fob(["remove", "ACME", "--yes"]);
    expect((await fob(["restore"])).stdout).toContain("ACME");
    expect(await fob(["restore", "ACME"])).toMatchObject({ exitCode: 0 });
    expect((await fob(["code", "acme:ann"])).stdout).toBe(`${RFC_CODES[0]}\n`);
  });

  test("helps with passcodes that are refused at the login", async () => {
    const serverPin = `otpauth://hotp/Lab:ann?secret=${RFC_SECRET}&issuer=Lab&counter=0&pinpolicy=server`;
    const { fob } = await enrolled([HOTP_URI, serverPin]);
    expect((await fob(["doctor"])).stdout).toMatch(/^clock /m);
    expect((await fob(["show", "ACME"])).stdout).toMatch(/digits +6/);
    // one that was never typed: the next one, or two in a row
    for (const passcode of RFC_CODES.slice(0, 3))
      expect((await fob(["code", "ACME"])).stdout).toBe(`${passcode}\n`);
    expect((await fob(["pin", "status", "Lab"])).stdout).toContain("server");
  });
});
