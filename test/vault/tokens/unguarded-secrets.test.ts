import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { unguardedFile } from "#vault/cells/layout.ts";
import { newVaultId } from "#vault/keys/header.ts";
import { newKey } from "#vault/keys/keys.ts";
import { openUnguardedSecrets } from "#vault/tokens/unguarded-secrets.ts";
import { Vault } from "#vault/vault.ts";
import { addAtOnce } from "../add-at-once.ts";

/** So many that what was read is kept. */
const COUNT = 200;
/** The bytes of a file without entries: nonce and tag. */
const EMPTY = 28;

let vault: Vault;
let ids: string[];
const secrets = Array.from({ length: COUNT }, newKey);

beforeAll(() => {
  const home = mkdtempSync(join(tmpdir(), "fob-unguarded-"));
  vault = new Vault({ home, vaultId: newVaultId() }, newKey(), false);
  const credential = { kind: "motp" } as const;
  const rest = { issuer: null, account: null, serial: null, format: "test", pin: "none", credential } as const;
  const tokens = addAtOnce(
    vault,
    secrets.map((secret, i) => ({ name: `token ${i}`, ...rest, secret })),
    new Date(0),
  );
  ids = tokens.map(({ id }) => id);
});

afterAll(() => rmSync(vault.layout.home, { recursive: true, force: true }));
afterEach(() => void vi.useRealTimers());

function open(): (string | null)[] {
  const opened = openUnguardedSecrets(vault, ids);
  const found = ids.map((_, i) => opened.at(i)?.toString("hex") ?? null);
  opened.forget();
  return found;
}

const expected = () => secrets.map((secret) => secret.toString("hex"));
const kept = () => statSync(unguardedFile(vault.layout)).size;

/** From now on the clock says that so much time has passed since the first token was stored. */
function setClock(milliseconds: number): void {
  const stored = statSync(vault.tokenCell(ids[0] ?? "").folder).ctimeMs;
  vi.useFakeTimers({ toFake: ["Date"], now: Math.ceil(stored) + milliseconds });
}

const LATER = 3_600_000;

test("secrets are kept once the time of their folder tells changes apart, and never before", () => {
  setClock(0);
  expect(open()).toEqual(expected());
  expect(kept()).toBe(EMPTY);
  setClock(LATER);
  expect(open()).toEqual(expected());
  expect(kept()).toBeGreaterThan(EMPTY + COUNT * 32);
  const before = readFileSync(unguardedFile(vault.layout));
  expect(before.includes(secrets[0] ?? "")).toBe(false);
  expect(open()).toEqual(expected());
  expect(readFileSync(unguardedFile(vault.layout))).toEqual(before);
});

test("one whose token has changed is read again, and a token that must not be used gives none", () => {
  setClock(LATER);
  open();
  const id = ids[7] ?? "";
  vault.update(id, (record) => ({ ...record, token: { ...record.token, accessDomain: "02" } }));
  const without = expected().map((secret, i) => (i === 7 ? null : secret));
  expect(open()).toEqual(without);
  expect(open()).toEqual(without);
  vault.update(id, (record) => ({ ...record, token: { ...record.token, accessDomain: "00" } }));
  expect(open()).toEqual(expected());
});

test("few tokens are read from their own files, and leave none", () => {
  rmSync(unguardedFile(vault.layout), { force: true });
  openUnguardedSecrets(vault, ids.slice(1)).forget();
  expect(existsSync(unguardedFile(vault.layout))).toBe(false);
});
