import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Token } from "#token/token.ts";
import { readCell, updateCell } from "#vault/cells/cell.ts";
import { decodeGrant, grantCell } from "#vault/grants/grant-cell.ts";
import { updateGrants } from "#vault/grants/grant-list.ts";
import { grantKey, parseGrantSecret } from "#vault/grants/grant-secret.ts";
import { openGrant } from "#vault/grants/granted-tokens.ts";
import {
  createGrant,
  endExpiredGrants,
  examineGrants,
  listGrants,
  mendGrants,
  revokeGrant,
} from "#vault/grants/grants.ts";
import { createHeader, newVaultId } from "#vault/keys/header.ts";
import type { NewToken } from "#vault/tokens/adding.ts";
import { takePasscode } from "#vault/tokens/passcodes.ts";
import { unguardedSecretKey } from "#vault/tokens/token-record.ts";
import { DAY } from "#vault/trash/calendar.ts";
import { removedIds, removeToken, restoreToken } from "#vault/trash/removal.ts";
import { Vault } from "#vault/vault.ts";
import { boundByRights, canBeBound } from "../../bound-by-rights.ts";
import { isTorture } from "../../sampled.ts";
import { addAtOnce } from "../add-at-once.ts";

const NOW = new Date("2026-01-01T00:00:00Z");

function newVault(): { readonly vault: Vault; readonly home: string; readonly token: Token } {
  const home = mkdtempSync(join(tmpdir(), "fob-grants-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const header = createHeader(home, {
    id: newVaultId(),
    keychain: "file",
    slots: [{ type: "keychain", wrapped: randomBytes(60).toString("base64") }],
  });
  const vault = new Vault({ home, vaultId: header.id }, randomBytes(32), false);
  const credential = {
    kind: "hotp",
    algorithm: "SHA1",
    digits: 6,
    alphabet: "decimal",
    counter: 0n,
  } as const;
  const names = {
    name: "vpn",
    issuer: null,
    account: null,
    serial: null,
    format: "key-uri",
    pin: "none",
  } as const;
  const [token] = addAtOnce(vault, [{ ...names, credential, secret: randomBytes(20) }], NOW);
  if (!token) throw new Error("a token was added and did not come back");
  return { vault, home, token };
}

function grant(vault: Vault, { id }: Token, label: string, expiresAt: Date | null = null): string {
  const secretKey = unguardedSecretKey(vault.read(id), vault.vaultKey);
  const about = { label, rights: ["code"], createdAt: NOW, expiresAt, confirm: false } as const;
  return createGrant(vault, about, [{ id, secretKey }]).secret;
}

/**
 * A vault for a process that is overtaken at its nth look at the vault: another one does `act`
 * then.
 */
function overtakenAt(n: number, vault: Vault, act: () => void) {
  let looks = 0;
  const watched = new Proxy(vault, {
    get(target, name) {
      if (++looks === n) act();
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return { vault: watched, is: () => looks >= n };
}

/**
 * What a process does between two writes takes more looks than this. `npm run torture` tries all.
 */
const STRIDE = isTorture ? 1 : 8;

/** The first write of the revocation of "other", after which its process was killed. */
function interruptRevocation(vault: Vault): void {
  updateGrants(vault, ({ grants, recordKeys }) => ({
    grants: grants.map((one) => (one.label === "other" ? { ...one, isEnded: true } : one)),
    recordKeys: new Map([...recordKeys].map(([id]) => [id, randomBytes(32)])),
  }));
}

/** Gives the token new keys, again and again. */
function renew(vault: Vault, token: Token, times: number): void {
  for (let i = 0; i < times; i++) {
    grant(vault, token, "another");
    revokeGrant(vault, "another");
  }
}

describe("a grant", () => {
  test("that was opened before its tokens got new keys learns them", async () => {
    const { vault, home, token } = newVault();
    const granted = openGrant(home, grant(vault, token, "ci"), () => NOW);
    const record = granted.read(token.id);
    const secretKey = await granted.secretKey(record);
    renew(vault, token, 5);
    expect(takePasscode(granted, record, secretKey, NOW)).toMatchObject({ counter: 0n });
    expect(takePasscode(vault, vault.read(token.id), secretKey, NOW)).toMatchObject({
      counter: 1n,
    });
    expect(granted.read(token.id).token.credential).toMatchObject({ counter: 2n });
  });

  test("changes its token although that gets new keys in the middle of it", () => {
    const { vault, home, token } = newVault();
    const granted = openGrant(home, grant(vault, token, "ci"), () => NOW);
    let rounds = 0;
    granted.update(token.id, (record) => {
      if (rounds++ < 3) renew(vault, token, 3);
      return { ...record, token: { ...record.token, serial: `round ${rounds}` } };
    });
    expect(vault.read(token.id).token.serial).toBe("round 4");
  });

  test("whose revocation was interrupted is told nothing more, and doctor finishes that", () => {
    const { vault, home, token } = newVault();
    const [first, second] = [grant(vault, token, "first"), grant(vault, token, "second")];
    // the first write of a revocation, after which it was killed
    updateGrants(vault, ({ grants, recordKeys }) => ({
      grants: grants.map((one) => (one.label === "first" ? { ...one, isEnded: true } : one)),
      recordKeys: new Map([...recordKeys].map(([id]) => [id, randomBytes(32)])),
    }));
    grant(vault, token, "third");
    expect(() => openGrant(home, first, () => NOW).read(token.id)).toThrow(/no longer opens/);
    const found = examineGrants(vault, NOW);
    expect(found).toMatchObject({ list: null, dead: [{ label: "first" }] });
    mendGrants(vault, found, []);
    expect(listGrants(vault).map(({ label }) => label)).toEqual(["second", "third"]);
    expect(() => openGrant(home, first, () => NOW)).toThrow(/revoked/);
    expect(openGrant(home, second, () => NOW).read(token.id).token.name).toBe("vpn");
  });

  test("without its file is one that is being made for a minute, and then one that opens nothing", () => {
    const { vault, token } = newVault();
    const secret = parseGrantSecret(grant(vault, token, "ci"));
    rmSync(grantCell(vault.layout, secret.id, grantKey(secret)).folder, { recursive: true });
    const deadAt = (milliseconds: number) =>
      examineGrants(vault, new Date(NOW.getTime() + milliseconds)).dead.map(({ label }) => label);
    expect([0, 60_000, -60_000].map(deadAt)).toEqual([[], [], []]);
    expect([60_001, -60_001].map(deadAt)).toEqual([["ci"], ["ci"]]);
  });

  test("keeps no more keys of a token than it can need, however often that got new ones", () => {
    const { vault, home, token } = newVault();
    const text = grant(vault, token, "ci");
    renew(vault, token, 20);
    const secret = parseGrantSecret(text);
    const value = readCell(
      grantCell({ home, vaultId: vault.layout.vaultId }, secret.id, grantKey(secret)),
    );
    expect(value && decodeGrant(value).keys[0]?.recordKeys).toHaveLength(2);
  });

  test("that ends opens until the last millisecond before its time, and nothing from then on", () => {
    const { vault, home, token } = newVault();
    const end = NOW.getTime() + 1_000;
    const text = grant(vault, token, "ci", new Date(end));
    const time = { is: end - 1 };
    const granted = openGrant(home, text, () => new Date(time.is));
    expect(granted.read(token.id).token.name).toBe("vpn");
    time.is = end;
    const expired = expect.objectContaining({
      code: "denied",
      message: "the grant ci has expired",
    });
    expect(() => granted.read(token.id)).toThrow(expired);
    expect(() => granted.entries()).toThrow(expired);
    expect(() => openGrant(home, text, () => new Date(end))).toThrow(expired);
  });

  test("makes room for one of its label when its time is over, and not before", () => {
    const { vault, home, token } = newVault();
    const first = grant(vault, token, "ci", new Date(NOW.getTime() + 1));
    expect(() => grant(vault, token, "ci")).toThrow(expect.objectContaining({ code: "usage" }));
    revokeGrant(vault, "ci");
    grant(vault, token, "ci", NOW);
    const second = grant(vault, token, "ci");
    expect(listGrants(vault)).toMatchObject([{ label: "ci", expiresAt: null }]);
    expect(openGrant(home, second, () => NOW).read(token.id).token.name).toBe("vpn");
    expect(() => openGrant(home, first, () => NOW)).toThrow(/revoked/);
  });

  test("is forgotten thirty days after its end, which clock and calendar must have seen", () => {
    const { vault, token } = newVault();
    const inDays = (days: number) => new Date(NOW.getTime() + days * DAY);
    grant(vault, token, "ci", inDays(1));
    grant(vault, token, "other");
    const left = (...days: readonly number[]) => {
      for (const day of days) endExpiredGrants(vault, inDays(day));
      return listGrants(vault).map(({ label }) => label);
    };
    // a clock that runs ahead, and is set right: nothing has begun by that
    expect(left(400, 0)).toEqual(["ci", "other"]);
    expect(left(1, 11, 21, 30)).toEqual(["ci", "other"]);
    expect(left(31)).toEqual(["other"]);
  });

  test("opens no token for which a PIN must be given, or that answers nobody", async () => {
    const { vault, home, token } = newVault();
    const granted = openGrant(home, grant(vault, token, "ci"), () => NOW);
    expect(granted.isPinGiven()).toBe(false);
    for (const [accessDomain, code] of [
      ["02", "locked"],
      ["FF", "denied"],
    ] as const) {
      vault.update(token.id, (record) => ({ ...record, token: { ...record.token, accessDomain } }));
      await expect(granted.secretKey(granted.read(token.id))).rejects.toMatchObject({ code });
    }
  });

  test("that is revoked leaves no file, and its key opens the token no more for whoever kept a copy", () => {
    const { vault, home, token } = newVault();
    const text = grant(vault, token, "ci");
    const secret = parseGrantSecret(text);
    const cell = grantCell({ home, vaultId: vault.layout.vaultId }, secret.id, grantKey(secret));
    const kept = readCell(cell);
    revokeGrant(vault, "ci");
    expect(existsSync(cell.folder)).toBe(false);
    // put back as it was
    updateCell(cell, () => kept);
    expect(() => openGrant(home, text, () => NOW).read(token.id)).toThrow(/no longer opens/);
  });

  test("opens its token whenever others of it are made and revoked while it is being made", () => {
    const { vault, home, token } = newVault();
    let wasOvertaken = true;
    for (let n = 1; wasOvertaken; n++) {
      const first = grant(vault, token, "first");
      const overtaken = overtakenAt(n, vault, () => {
        grant(vault, token, "late");
        grant(vault, token, "gone");
        revokeGrant(vault, "gone");
      });
      const second = grant(overtaken.vault, token, "second");
      for (const text of [first, second])
        expect([n, openGrant(home, text, () => NOW).read(token.id).token.name]).toEqual([n, "vpn"]);
      wasOvertaken = overtaken.is();
      for (const label of wasOvertaken ? ["first", "second", "late"] : [])
        revokeGrant(vault, label);
    }
  });

  test("that is made of a token with new keys opens it, whoever is about to seal it under an older one", () => {
    let wasOvertaken = true;
    for (let n = 1; wasOvertaken; n += STRIDE) {
      const { vault, home, token } = newVault();
      let late = "";
      const overtaken = overtakenAt(n, vault, () => {
        grant(vault, token, "gone");
        revokeGrant(vault, "gone");
        late = grant(vault, token, "late");
      });
      const first = grant(overtaken.vault, token, "first");
      wasOvertaken = overtaken.is();
      for (const text of wasOvertaken ? [first, late] : [first])
        expect([n, openGrant(home, text, () => NOW).read(token.id).token.name]).toEqual([n, "vpn"]);
    }
  });

  test.each<[string, (vault: Vault, token: Token) => void]>([
    ["another process gives its token a new key in the list, and is killed", interruptRevocation],
    ["its token is removed", (vault, { id }) => void removeToken(vault, id, NOW)],
  ])("that is revoked while %s opens it no more for whoever kept a copy", (_, act) => {
    let wasOvertaken = true;
    for (let n = 1; wasOvertaken; n += STRIDE) {
      const { vault, home, token } = newVault();
      const text = grant(vault, token, "ci");
      grant(vault, token, "other");
      const secret = parseGrantSecret(text);
      const cell = grantCell(vault.layout, secret.id, grantKey(secret));
      const kept = readCell(cell);
      const overtaken = overtakenAt(n, vault, () => act(vault, token));
      revokeGrant(overtaken.vault, "ci");
      wasOvertaken = overtaken.is();
      if (removedIds(vault).includes(token.id)) restoreToken(vault, token.id);
      updateCell(cell, () => kept);
      expect(() => openGrant(home, text, () => NOW).read(token.id), `look ${n}`).toThrow(
        /no longer opens/,
      );
    }
  });

  test("opens its token where another process gives that a new key in the list meanwhile, and is killed", () => {
    let wasOvertaken = true;
    for (let n = 1; wasOvertaken; n += STRIDE) {
      const { vault, home, token } = newVault();
      grant(vault, token, "other");
      const overtaken = overtakenAt(n, vault, () => interruptRevocation(vault));
      const text = grant(overtaken.vault, token, "ci");
      wasOvertaken = overtaken.is();
      expect(openGrant(home, text, () => NOW).read(token.id).token.name, `look ${n}`).toBe("vpn");
    }
  });

  test("outlives the revocation of another one", () => {
    const { vault, home, token } = newVault();
    const [first, second] = [grant(vault, token, "first"), grant(vault, token, "second")];
    revokeGrant(vault, "first");
    expect(() => openGrant(home, first, () => NOW)).toThrow(/revoked/);
    expect(openGrant(home, second, () => NOW).read(token.id).token.name).toBe("vpn");
    expect(listGrants(vault).map(({ label }) => label)).toEqual(["second"]);
  });
});

describe.skipIf(!canBeBound)("a token whose file is closed by its permissions", () => {
  /** Two tokens of one grant, of which the second cannot be read; `ci` is its secret. */
  function twoTokens() {
    const { vault, home, token } = newVault();
    const { id: _, ...rest } = vault.read(token.id).token;
    const fresh = { ...rest, name: "closed", secret: randomBytes(20) };
    const [closed] = addAtOnce(vault, [fresh as NewToken], NOW);
    if (!closed) throw new Error("a token was added and did not come back");
    const keys = [closed, token].map(({ id }) => ({
      id,
      secretKey: unguardedSecretKey(vault.read(id), vault.vaultKey),
    }));
    const about = {
      label: "ci",
      rights: ["code"],
      createdAt: NOW,
      expiresAt: null,
      confirm: false,
    } as const;
    const { secret } = createGrant(vault, about, keys);
    const { folder } = vault.tokenCell(closed.id);
    const setMode = (mode: number) => {
      for (const name of readdirSync(folder)) chmodSync(join(folder, name), mode);
    };
    return { vault, home, token, closed, ci: secret, setMode };
  }

  test("leaves the other tokens of its grant", async () => {
    const { home, token, ci, setMode } = twoTokens();
    setMode(0);
    await boundByRights(home, () => {
      const names = openGrant(home, ci, () => NOW)
        .entries()
        .map(({ name }) => name);
      expect(names).toEqual([token.name]);
    });
  });

  test("is named when the grant ends, the others get new keys, and ending it again goes on", async () => {
    const { vault, home, token, closed, setMode } = twoTokens();
    const keyOf = ({ id }: Token) => readdirSync(vault.tokenCell(id).folder).join();
    const before = keyOf(token);
    setMode(0);
    await boundByRights(home, () => {
      expect(() => revokeGrant(vault, "ci")).toThrow(
        expect.objectContaining({
          code: "unavailable",
          message: expect.stringContaining("closed"),
        }),
      );
      expect(keyOf(token)).not.toBe(before);
      expect(listGrants(vault)).toMatchObject([{ label: "ci", isEnded: true }]);
    });
    setMode(0o600);
    const old = keyOf(closed);
    await boundByRights(home, () => revokeGrant(vault, "ci"));
    expect(keyOf(closed)).not.toBe(old);
    expect(listGrants(vault)).toEqual([]);
  });
});
