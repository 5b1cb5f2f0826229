import { execa } from "execa";
import { expect, test } from "vitest";
import { keyFilePath, readKeyFile } from "#platform/keychain/key-file.ts";
import { readHeader } from "#vault/keys/header.ts";
import { findSlot, openPinSlot } from "#vault/keys/slots.ts";
import { Vault } from "#vault/vault.ts";
import { FOB, HOTP_URI, type TestHome, testHome } from "./fob.ts";

const APP = "83517";
const PASSPHRASE = "six heavy wooden chairs";
const FULL = { name: "scrypt", N: 2 ** 17, r: 8, p: 1, salt: expect.any(String) };

/** Runs the built program, in which no test has lowered what PINs cost (test/least-costs.ts). */
function runBuilt(
  { home }: TestHome,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
) {
  return execa(process.execPath, [FOB, ...args], {
    env: { PATH: process.env["PATH"], HOME: home, FOB_HOME: home, FOB_KEYCHAIN: "file", ...env },
    extendEnv: false,
    input: HOTP_URI,
  });
}

test("the app PIN and a token's PIN have their full costs in a vault of the built program", async () => {
  const home = testHome();
  await home.fob(["enroll", "-"], { input: HOTP_URI });
  await runBuilt(home, ["pin", "set", "ACME", "--policy", "history=2"], { FOB_PIN: "472958" });
  await runBuilt(home, ["pin", "set"], { FOB_PIN: APP });
  const header = readHeader(home.home);
  const slot = header && findSlot(header, "keychain-pin");
  expect(slot?.stretching).toEqual(FULL);
  const key = readKeyFile(keyFilePath(home.home, null));
  const vaultKey = slot && (await openPinSlot(header.id, slot, key, Buffer.from(APP)));
  if (!vaultKey) throw new Error("the app PIN does not open the vault");
  const vault = new Vault({ home: home.home, vaultId: header.id }, vaultKey, false);
  const { guard } = vault.read(vault.findExactly("ACME")?.id ?? "");
  expect([guard?.stretching, guard?.history?.stretching]).toEqual([FULL, FULL]);
});

test("a passphrase has its full costs in a vault of the built program", async () => {
  const home = testHome();
  await runBuilt(home, ["enroll", "-"], { FOB_KEYCHAIN: "none", FOB_PIN: PASSPHRASE });
  const header = readHeader(home.home);
  expect(header && findSlot(header, "passphrase")?.stretching).toEqual(FULL);
});
