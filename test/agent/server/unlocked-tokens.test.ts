import { mkdirSync, mkdtempSync, renameSync, rmSync, statSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { UnlockedTokens } from "#agent/server/unlocked-tokens.ts";
import { totp } from "#otp/totp.ts";
import { USER_PIN_POLICY } from "#token/pin-policy.ts";
import { removedFolder } from "#vault/cells/layout.ts";
import { newVaultId } from "#vault/keys/header.ts";
import { newKey } from "#vault/keys/keys.ts";
import type { PinPrompt } from "#vault/pins/pin-prompt.ts";
import { setTokenPin } from "#vault/pins/token-pin.ts";
import { unguardedSecretKey } from "#vault/tokens/token-record.ts";
import { Vault } from "#vault/vault.ts";
import { addAtOnce, PLAIN } from "../../vault/add-at-once.ts";

const NOW = new Date("2026-01-01T00:00:00Z");
const SECRET = Buffer.from("12345678901234567890");
const TOTP = {
  kind: "totp",
  algorithm: "SHA1",
  digits: 6,
  alphabet: "decimal",
  period: 30,
  t0: 0,
} as const;
const NOBODY: PinPrompt = {
  interactive: false,
  release: async () => null,
  ask: () => Promise.reject(new Error("nobody is asked")),
};

afterEach(() => void vi.useRealTimers());

/** A clock that stands still, so that nothing depends on how busy the machine is. */
function stopClock(now: number): void {
  vi.useFakeTimers({ toFake: ["Date", "performance"], now });
}

/** A vault that an agent holds, with one token. */
function held() {
  const home = mkdtempSync(join(tmpdir(), "fob-unlocked-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const vault = new Vault({ home, vaultId: newVaultId() }, newKey(), false);
  const [token] = addAtOnce(
    vault,
    [{ name: "vpn", ...PLAIN, credential: TOTP, secret: SECRET }],
    NOW,
  );
  const id = token?.id ?? "";
  /** Makes the folders look as if nothing had changed for so long, to the same time each. */
  const settle = (milliseconds = 60_000) => {
    const then = new Date(Math.floor(Date.now() / 10_000) * 10_000 - milliseconds);
    for (const { folder } of [vault.tokenCell(id), vault.indexCell()])
      utimesSync(folder, then, then);
  };
  const tokens = new UnlockedTokens(vault);
  const open = async (now = NOW) => tokens.secretKey(tokens.read(id), NOBODY, now);
  return { vault, id, tokens, settle, open };
}

const codeAt = (now: Date) =>
  totp({ ...TOTP, secret: SECRET, unixSeconds: now.getTime() / 1000 }).code;

describe("what an agent has read", () => {
  test("is not read again as long as nothing changes, once the time of its folder tells changes apart", () => {
    const { vault, id, tokens, settle } = held();
    stopClock(Math.ceil(statSync(vault.tokenCell(id).folder).mtimeMs));
    expect(tokens.read(id)).not.toBe(tokens.read(id));
    settle();
    const [record, entry] = [tokens.read(id), tokens.findExactly("vpn")];
    expect(tokens.read(id)).toBe(record);
    expect(tokens.findExactly("vpn")).toBe(entry);
    vault.update(id, (before) => ({ ...before, token: { ...before.token, serial: "new" } }));
    expect(tokens.read(id).token.serial).toBe("new");
    vault.amend(id, (before) => ({ ...before, name: "bank" }));
    expect([tokens.findExactly("vpn"), tokens.findExactly("bank")?.id]).toEqual([null, id]);
  });

  test("lists no token whose removal was cut off before the index changed, and lists it again once it is back", () => {
    const { vault, id, tokens, settle } = held();
    settle();
    const removed = removedFolder(vault.layout);
    mkdirSync(removed, { recursive: true });
    const { folder } = vault.tokenCell(id);
    const ids = () => tokens.entries().map((entry) => entry.id);
    const move = (from: string, to: string, age: number) => {
      renameSync(from, to);
      const then = new Date(Date.now() - age);
      utimesSync(removed, then, then);
    };
    expect([ids(), tokens.findExactly("vpn")?.id]).toEqual([[id], id]);
    move(folder, join(removed, id), 60_000);
    expect([ids(), tokens.findExactly("vpn")]).toEqual([[], null]);
    move(join(removed, id), folder, 30_000);
    expect([ids(), tokens.findExactly("vpn")?.id]).toEqual([[id], id]);
    // what is among the removed has changed so lately that it may change again at the same time
    move(folder, join(removed, id), 0);
    const { atime, mtime } = statSync(removed);
    expect(ids()).toEqual([]);
    renameSync(join(removed, id), folder);
    utimesSync(removed, atime, mtime);
    expect(ids()).toEqual([id]);
  });

  test("is read again where its folder changed so lately that it may have changed twice at one time", () => {
    const { vault, id, tokens } = held();
    // a file system that counts in steps of two seconds: both changes have the same time
    const { folder } = vault.tokenCell(id);
    const now = new Date();
    stopClock(now.getTime());
    for (const serial of ["one", "two"]) {
      vault.update(id, (before) => ({ ...before, token: { ...before.token, serial } }));
      utimesSync(folder, now, now);
      expect(tokens.read(id).token.serial).toBe(serial);
    }
  });
});

describe("a passcode at once", () => {
  test("is given while it is good, and made anew from the moment it ends", async () => {
    const { tokens, settle, open } = held();
    settle();
    expect(tokens.passcodeAtOnce("vpn", NOW)).toBeNull();
    await open();
    const end = new Date(NOW.getTime() + 30_000);
    for (const now of [NOW, new Date(end.getTime() - 1), end, NOW])
      expect(tokens.passcodeAtOnce("vpn", now)).toBe(codeAt(now));
    expect(codeAt(end)).not.toBe(codeAt(NOW));
  });

  test.each(["02", "FF"] as const)(
    "is none for a token whose access domain has become %s",
    async (accessDomain) => {
      const { vault, id, tokens, settle, open } = held();
      settle();
      stopClock(Date.now());
      await open();
      expect(tokens.passcodeAtOnce("vpn", NOW)).toBe(codeAt(NOW));
      tokens.update(id, (before) => ({ ...before, token: { ...before.token, accessDomain } }));
      expect(tokens.passcodeAtOnce("vpn", NOW)).toBeNull();
      settle(120_000);
      await expect(open()).rejects.toMatchObject({
        code: accessDomain === "FF" ? "denied" : "locked",
      });
      expect(tokens.passcodeAtOnce("vpn", NOW)).toBeNull();
      expect(vault.read(id).token.accessDomain).toBe(accessDomain);
    },
  );

  test("is none for a token with a PIN, which is asked for each time", async () => {
    const { vault, id, tokens, settle } = held();
    const before = vault.read(id);
    const pin = { pin: Buffer.from("83517"), policy: USER_PIN_POLICY, setAt: NOW, isOwn: true };
    await setTokenPin(vault, before, unguardedSecretKey(before, vault.vaultKey), pin);
    settle();
    const knows: PinPrompt = { ...NOBODY, ask: async () => Buffer.from("83517") };
    await tokens.secretKey(tokens.read(id), knows, NOW);
    settle();
    expect(tokens.passcodeAtOnce("vpn", NOW)).toBeNull();
    const nobody = tokens.secretKey(tokens.read(id), NOBODY, NOW);
    await expect(nobody).rejects.toThrow("nobody is asked");
  });

  test("is none for a token that is opened by the app PIN each time", async () => {
    const { vault, id, settle } = held();
    vault.update(id, (before) => ({ ...before, token: { ...before.token, accessDomain: "02" } }));
    settle();
    const byPin = new UnlockedTokens(new Vault(vault.layout, Buffer.from(vault.vaultKey), true));
    await byPin.secretKey(byPin.read(id), NOBODY, NOW);
    expect(byPin.passcodeAtOnce("vpn", NOW)).toBeNull();
  });
});

test("an agent that ends overwrites the vault's key, and gives nothing more", async () => {
  const { vault, tokens, settle, open } = held();
  settle();
  await open();
  expect(tokens.passcodeAtOnce("vpn", NOW)).toBe(codeAt(NOW));
  tokens.forget();
  expect(vault.vaultKey).toEqual(Buffer.alloc(32));
});
