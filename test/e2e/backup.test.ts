import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from "age-encryption";
import { describe, expect, test } from "vitest";
import { HOTP_URI, RFC_CODES, RFC_SECRET, TOTP_URI, testHome } from "./fob.ts";

const PASSPHRASE = "correct horse battery";

async function homeWithTokens() {
  const from = testHome();
  await from.fob(["enroll", "-"], { input: `${HOTP_URI}\n${TOTP_URI}` });
  await from.fob(["code", "ACME"]);
  await from.fob(["favorite", "Example"]);
  await from.fob(["rename", "Example", "mail"]);
  return { ...from, file: join(from.home, "tokens.age") };
}

describe("fob backup", () => {
  test("brings every token back as it was, counter, name and all", async () => {
    const { fob, file } = await homeWithTokens();
    const env = { FOB_PIN: PASSPHRASE };
    expect(await fob(["backup", file], { env })).toMatchObject({
      exitCode: 0,
      stdout: `wrote 2 tokens to ${file}\n`,
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, "latin1")).not.toContain(RFC_SECRET);
    const to = testHome();
    expect((await to.fob(["restore", file], { env })).exitCode).toBe(0);
    expect((await to.fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[1]}\n`);
    await fob(["code", "ACME"]);
    const [before, after] = await Promise.all([
      fob(["list", "--json"]),
      to.fob(["list", "--json"]),
    ]);
    const untouched = (text: string) =>
      JSON.parse(text).map((token: object) => ({ ...token, lastUsedAt: null }));
    expect(untouched(after.stdout)).toEqual(untouched(before.stdout));
    const again = await to.fob(["restore", file, "--json"], { env });
    expect(JSON.parse(again.stdout)).toEqual({ restored: [], known: 2, refused: [] });
  });

  test("is denied to a wrong passphrase, and says when it is damaged", async () => {
    const { fob, file } = await homeWithTokens();
    await fob(["backup", file], { env: { FOB_PIN: PASSPHRASE } });
    const to = testHome();
    const wrong = await to.fob(["restore", file], { env: { FOB_PIN: "another passphrase" } });
    expect([wrong.exitCode, wrong.stderr]).toEqual([
      4,
      expect.stringContaining("does not open this file"),
    ]);
    expect((await to.fob(["restore", file])).exitCode).toBe(5);
    writeFileSync(file, readFileSync(file).subarray(0, -9));
    expect((await to.fob(["restore", file], { env: { FOB_PIN: PASSPHRASE } })).exitCode).toBe(6);
    expect((await to.fob(["list", "--json"])).stdout).toBe("[]\n");
  });

  test("names a token that cannot be restored, brings the others back, and fails for it", async () => {
    const { fob, file, home } = await homeWithTokens();
    const [key, keyFile] = [await generateX25519Identity(), join(home, "key.txt")];
    const recipient = await identityToRecipient(key);
    writeFileSync(keyFile, key);
    expect((await fob(["backup", file, "--recipient", recipient])).exitCode).toBe(0);
    const decrypter = new Decrypter();
    decrypter.addIdentity(key);
    const content = JSON.parse(await decrypter.decrypt(readFileSync(file), "text"));
    content.tokens.find(
      ({ token }: { token: { name: string } }) => token.name === "ACME",
    ).token.credential.digits = 99;
    const encrypter = new Encrypter();
    encrypter.addRecipient(recipient);
    const damaged = join(home, "damaged.age");
    writeFileSync(damaged, await encrypter.encrypt(JSON.stringify(content)));
    const to = testHome();
    const { stdout, stderr, exitCode } = await to.fob(["restore", damaged, "--identity", keyFile]);
    expect({ stdout, exitCode }).toEqual({ stdout: "restored mail\n", exitCode: 6 });
    expect(stderr).toMatch(/^fob: ACME: .*digits is damaged, or out of bounds$/m);
    const again = await to.fob(["restore", damaged, "--identity", keyFile, "--json"]);
    const refused = [expect.stringMatching(/^ACME: /)];
    expect(JSON.parse(again.stdout)).toEqual({ restored: [], known: 1, refused });
    expect(again.exitCode).toBe(6);
  });

  test("asks for PINs again: of the tokens for the backup, new ones for what is restored", async () => {
    const { fob, file, home } = await homeWithTokens();
    await fob(["pin", "set", "ACME"], { env: { FOB_PIN: "7305" } });
    const pins = join(home, "pins");
    writeFileSync(pins, `7305\n${PASSPHRASE}\n`);
    expect((await fob(["backup", file, "--pin-file", pins])).exitCode).toBe(0);
    const to = testHome();
    writeFileSync(pins, `${PASSPHRASE}\n9182\n`);
    expect((await to.fob(["restore", file, "--pin-file", pins])).exitCode).toBe(0);
    expect((await to.fob(["code", "ACME"])).exitCode).toBe(5);
    expect((await to.fob(["code", "ACME"], { env: { FOB_PIN: "9182" } })).stdout).toBe(
      `${RFC_CODES[1]}\n`,
    );
  });

  test("beside a removed token becomes another one, and the removed one stays where it is", async () => {
    const { fob, file } = await homeWithTokens();
    const env = { FOB_PIN: PASSPHRASE };
    await fob(["backup", file], { env });
    await fob(["remove", "ACME", "--yes"]);
    expect((await fob(["restore", file], { env })).stdout).toBe("restored ACME\n");
    const twin = await fob(["restore", "ACME"]);
    expect(twin).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("ACME is in use already"),
    });
    expect(JSON.parse((await fob(["list", "--json"])).stdout)).toHaveLength(2);
    expect(JSON.parse((await fob(["restore", "--json"])).stdout)).toHaveLength(1);
  });

  test("refuses what is no recipient, and a file that is there", async () => {
    const { fob, file, home } = await homeWithTokens();
    expect((await fob(["backup", file, "--recipient", "age1nobody"])).exitCode).toBe(2);
    expect(
      (await fob(["backup", join(home, "key"), "--recipient", "age1nobody"])).stderr,
    ).toContain("is no recipient of age");
    const empty = testHome();
    expect((await empty.fob(["backup", file])).exitCode).toBe(3);
  });
});
