import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { USER_PIN_POLICY } from "#token/pin-policy.ts";
import type { Secret } from "#token/secret.ts";
import type { Token } from "#token/token.ts";
import { belongingsKey } from "#vault/belongings/belongings-key.ts";
import { codesLeft, noteAllCodesLeft, noteCodesLeft } from "#vault/belongings/codes-left.ts";
import {
  addCodes,
  codesOf,
  countCodes,
  givenCodesOf,
  handOverCodes,
  markUsed,
  openCodes,
  sealCodes,
  takeCode,
} from "#vault/belongings/recovery-codes.ts";
import { lookAtCell, readCell, updateCell } from "#vault/cells/cell.ts";
import { batchesFolder, codesLeftCell } from "#vault/cells/layout.ts";
import { guardRecord, openSecretKey, unguardedSecretKey } from "#vault/tokens/token-record.ts";
import { absorbDouble, removedCell, removeToken, restoreToken } from "#vault/trash/removal.ts";
import { Vault } from "#vault/vault.ts";
import { isTorture } from "../../sampled.ts";
import { anyMoment } from "../../waiting.ts";
import { addAtOnce } from "../add-at-once.ts";
import { driverFrom } from "../driver.ts";

const KILLS = isTorture ? 200 : 6;

const { folder, driver } = driverFrom(new URL("taking-driver.ts", import.meta.url));

interface Desk {
  readonly vault: Vault;
  readonly token: Token;
  readonly key: Secret;
  take(): string;
  start(count: number): ChildProcess & { readonly lines: Promise<string[]> };
}

/** A vault with one token and this many recovery codes. */
async function desk(count: number): Promise<Desk> {
  const home = mkdtempSync(join(folder, "home-"));
  const vaultId = randomBytes(16).toString("hex");
  const vault = new Vault({ home, vaultId }, randomBytes(32), false);
  const otp = { algorithm: "SHA256", digits: 6, alphabet: "decimal" } as const;
  const credential = { kind: "totp", ...otp, period: 30, t0: 0 } as const;
  const names = { name: "vpn", issuer: null, account: null, serial: null, format: "key-uri" };
  const [token] = addAtOnce(
    vault,
    [{ ...names, pin: "none", credential, secret: randomBytes(20) }],
    new Date(),
  );
  if (!token) throw new Error("no token was added");
  const record = vault.read(token.id);
  const key = await belongingsKey(vault, record, unguardedSecretKey(record, vault.vaultKey));
  const codes = Array.from({ length: count }, (_, i) => ({ code: `code-${i}`, usedAt: null }));
  addCodes(vault, token.id, sealCodes(codes, key), false);
  return {
    vault,
    token,
    key,
    take: () => takeCode(vault, token, key, new Date()).code,
    start(taken) {
      const child = spawn(process.execPath, [driver, home, vaultId, token.id, String(taken)]);
      child.stdin.end(vault.vaultKey.toString("hex"));
      return Object.assign(child, { lines: linesOf(child) });
    },
  };
}

function linesOf(child: ChildProcess): Promise<string[]> {
  return new Promise((resolve) => {
    let text = "";
    child.stdout?.on("data", (chunk) => {
      text += chunk;
    });
    child.on("close", () => resolve(text.split("\n").slice(0, -1)));
  });
}

test("16 processes get 16 different codes", async () => {
  const { vault, token, start } = await desk(20);
  const all = (await Promise.all(Array.from({ length: 16 }, () => start(1).lines))).flat();
  expect([...all].sort()).toEqual(Array.from({ length: 16 }, (_, i) => `code-${i}`).sort());
  expect(countCodes(vault, token.id)).toEqual({ total: 20, left: 4 });
});

test(`no code is lost or given twice in ${KILLS} kills at any moment`, {
  timeout: 300_000,
}, async () => {
  const { vault, token, start } = await desk(900);
  const given: string[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    const child = start(900);
    await new Promise((resolve) => child.stdout?.once("data", resolve));
    await anyMoment(12);
    child.kill("SIGKILL");
    given.push(...(await child.lines));
  }
  expect(new Set(given).size).toBe(given.length);
  const { left = 0, total = 0 } = countCodes(vault, token.id) ?? {};
  expect(total).toBe(900);
  // each kill may have cost the one code that was being given
  const burnt = total - left - given.length;
  expect(burnt).toBeGreaterThanOrEqual(0);
  expect(burnt).toBeLessThanOrEqual(KILLS);
});

test("codes are given in their order, and added once", async () => {
  const { vault, token, key, take } = await desk(2);
  expect(take()).toBe("code-0");
  const more = ["code-0", "code-1", "new", "new"].map((code) => ({ code, usedAt: null }));
  expect(addCodes(vault, token.id, sealCodes(more, key), false)).toEqual({
    ...{ total: 3, left: 2, added: 1 },
  });
  expect([take(), take()]).toEqual(["code-1", "new"]);
  expect(take).toThrow("no recovery code of vpn is left");
  const fresh = ["new", "fresh"].map((code) => ({ code, usedAt: null }));
  expect(addCodes(vault, token.id, sealCodes(fresh, key), true)).toEqual({
    ...{ total: 2, left: 1, added: 1 },
  });
  expect(take()).toBe("fresh");
});

test("a code that was given is known when its list comes again, in place of others", async () => {
  const { vault, token, key, take } = await desk(2);
  take();
  const listed = (...codes: string[]) =>
    sealCodes(
      codes.map((code) => ({ code, usedAt: null })),
      key,
    );
  const replace = (...codes: string[]) => addCodes(vault, token.id, listed(...codes), true);
  expect(replace("other")).toEqual({ total: 1, left: 1, added: 1 });
  expect(take()).toBe("other");
  expect(replace("code-0", "code-1")).toEqual({ total: 2, left: 1, added: 1 });
  expect(replace("other")).toEqual({ total: 1, left: 0, added: 0 });
  expect(addCodes(vault, token.id, listed("code-0", "new"), false)).toMatchObject({ left: 1 });
  expect(take()).toBe("new");
  expect(givenCodesOf(vault, token.id).map(({ id }) => id)).toEqual(
    expect.arrayContaining(listed("code-0", "other", "new").map(({ id }) => id)),
  );
});

test("codes that a batch hands over are given by nobody until it has ended", async () => {
  const { vault, token, take } = await desk(2);
  const batch = join(batchesFolder(vault.layout), "0123456789abcdef");
  mkdirSync(batch, { recursive: true });
  expect(handOverCodes(vault, token.id, "0123456789abcdef").codes).toHaveLength(2);
  expect(take).toThrow("another command is replacing vpn");
  rmSync(batch, { recursive: true });
  expect(take()).toBe("code-0");
});

test("a token that leaves takes its codes with it, and used ones stay used", async () => {
  const { vault, token, key, take } = await desk(3);
  take();
  const inUse = vault.tokenCell(token.id).folder;
  const copy = join(folder, "copy");
  cpSync(inUse, copy, { recursive: true });
  take();
  removeToken(vault, token.id, new Date());
  expect(take).toThrow();
  expect(() => addCodes(vault, token.id, sealCodes([], key), false)).toThrow("no longer");
  expect(readdirSync(join(vault.layout.home, "vault", "tokens"))).toEqual([]);
  // an older copy comes back as the one in use, as after a power cut
  cpSync(copy, inUse, { recursive: true });
  absorbDouble(vault, token.id);
  vault.addToIndex([vault.read(token.id).token]);
  expect(take()).toBe("code-2");
  removeToken(vault, token.id, new Date());
  restoreToken(vault, token.id);
  expect(countCodes(vault, token.id)).toEqual({ total: 3, left: 0 });
  expect(removedCell(vault, token.id).folder).not.toBe(inUse);
});

test("the key of the codes stays when a PIN is set, and needs the PIN then", async () => {
  const { vault, token, key } = await desk(1);
  const record = vault.read(token.id);
  const secretKey = unguardedSecretKey(record, vault.vaultKey);
  const pin = Buffer.from("748291");
  const keys = { vaultKey: vault.vaultKey, secretKey, chip: () => vault.chip() };
  const guarded = await guardRecord(record, keys, {
    ...{ pin, policy: USER_PIN_POLICY, setAt: new Date(), isOwn: true },
  });
  const opened = await openSecretKey(guarded, vault.vaultKey, pin);
  const again = opened && (await belongingsKey(vault, guarded, opened));
  expect(again?.equals(key)).toBe(true);
  expect(openCodes(codesOf(vault, token.id), key)).toEqual([{ code: "code-0", usedAt: null }]);
  expect(await openSecretKey(guarded, vault.vaultKey, Buffer.from("748292"))).toBeNull();
});

test("what is left is known beside the codes, and of no token that is gone", async () => {
  const { vault, token } = await desk(1);
  noteCodesLeft(vault.layout, "00112233aabbccdd", 5);
  noteCodesLeft(vault.layout, token.id, null);
  noteCodesLeft(vault.layout, token.id, 1);
  expect([...codesLeft(vault.layout)]).toEqual([[token.id, 1]]);
});

test("what is left is noted by all that changes the codes", async () => {
  const { vault, token, key, take } = await desk(4);
  const { id } = token;
  const known = () => codesLeft(vault.layout).get(id);
  expect(known()).toBe(4);
  const copy = join(folder, "older");
  cpSync(vault.tokenCell(id).folder, copy, { recursive: true });
  take();
  expect(known()).toBe(3);
  markUsed(
    vault,
    id,
    codesOf(vault, id).map((code) => ({ ...code, usedAt: "2026-01-01T00:00:00Z" })),
  );
  expect(known()).toBe(0);
  addCodes(vault, id, sealCodes([{ code: "one more", usedAt: null }], key), false);
  expect(known()).toBe(1);
  removeToken(vault, id, new Date());
  // an older copy comes back as the one in use, as after a power cut, and is counted
  cpSync(copy, vault.tokenCell(id).folder, { recursive: true });
  vault.addToIndex([vault.read(id).token]);
  noteCodesLeft(vault.layout, id, countCodes(vault, id)?.left ?? null);
  expect(known()).toBe(4);
  restoreToken(vault, id);
  expect(countCodes(vault, id)).toEqual({ total: 4, left: 0 });
  expect(known()).toBe(0);
});

test("a count of some tokens leaves what was noted about others meanwhile", async () => {
  const { vault, token } = await desk(1);
  const other = "00112233aabbccdd";
  mkdirSync(vault.tokenCell(other).folder);
  const counted = new Map([[token.id, 1]]);
  noteCodesLeft(vault.layout, other, 5);
  noteAllCodesLeft(vault.layout, counted);
  expect([...codesLeft(vault.layout)].sort()).toEqual([[other, 5], ...counted].sort());
});

test("what a newer fob noted about the codes left stays as it is", async () => {
  const { vault, token, key, take } = await desk(2);
  const cell = codesLeftCell(vault.layout);
  const newer = Buffer.from(JSON.stringify({ version: 2, left: { of: "another form" } }));
  updateCell(cell, () => newer);
  const { generations } = lookAtCell(cell);
  take();
  addCodes(vault, token.id, sealCodes([{ code: "more", usedAt: null }], key), false);
  noteAllCodesLeft(vault.layout, new Map([[token.id, 1]]));
  expect(readCell(cell)).toEqual(newer);
  expect(lookAtCell(cell).generations).toEqual(generations);
  expect(codesLeft(vault.layout)).toEqual(new Map());
});
