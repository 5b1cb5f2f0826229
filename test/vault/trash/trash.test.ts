import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { updateCell } from "#vault/cells/cell.ts";
import { removedFolder } from "#vault/cells/layout.ts";
import { newVaultId } from "#vault/keys/header.ts";
import { newKey } from "#vault/keys/keys.ts";
import { attemptsOfToken, updateAttempts } from "#vault/pins/attempts.ts";
import { updateRecord } from "#vault/tokens/record-cell.ts";
import { createRecord, encodeRecord } from "#vault/tokens/token-record.ts";
import { DAY } from "#vault/trash/calendar.ts";
import {
  absorbDouble,
  removedCell,
  removedIds,
  removeToken,
  restoreToken,
} from "#vault/trash/removal.ts";
import { emptyTrash } from "#vault/trash/trash.ts";
import { Vault } from "#vault/vault.ts";
import { addAtOnce } from "../add-at-once.ts";

const START = new Date("2026-01-01T00:00:00Z");
const inDays = (days: number) => new Date(START.getTime() + days * DAY);

function newVault(...names: readonly string[]) {
  const home = mkdtempSync(join(tmpdir(), "fob-trash-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const vault = new Vault({ home, vaultId: newVaultId() }, newKey(), false);
  const credential = {
    kind: "hotp",
    algorithm: "SHA1",
    digits: 6,
    alphabet: "decimal",
    counter: 7n,
  } as const;
  const rest = {
    issuer: null,
    account: null,
    serial: null,
    format: "test",
    pin: "none",
    credential,
  } as const;
  const tokens = addAtOnce(
    vault,
    names.map((name) => ({ name, ...rest, secret: newKey() })),
    START,
  );
  const ids = tokens.map(({ id }) => id);
  return { vault, ids, id: ids[0] ?? "" };
}

/** Looks at the clock on these days. */
function lookOn(vault: Vault, ...days: readonly number[]): void {
  for (const day of days) emptyTrash(vault, inDays(day));
}

describe("the trash", () => {
  test("lets a token go after thirty days that clock and calendar have seen, and not before", () => {
    const { vault, id } = newVault("a");
    const attempts = attemptsOfToken(vault, id);
    updateAttempts(attempts, 10, (state) => ({ ...state, wrong: 2 }));
    removeToken(vault, id, START);
    lookOn(vault, 10, 20, 29);
    expect(removedIds(vault)).toEqual([id]);
    expect(existsSync(attempts.cell.folder)).toBe(true);
    lookOn(vault, 30);
    expect(removedIds(vault)).toEqual([]);
    expect(existsSync(removedCell(vault, id).folder)).toBe(false);
    expect(existsSync(attempts.cell.folder)).toBe(false);
  });

  test("keeps what was removed under an account that is ahead of the calendar, thirty days from now on", () => {
    const { vault, id } = newVault("a");
    removeToken(vault, id, START);
    // the calendar was damaged since, and began anew
    updateRecord(removedCell(vault, id), id, (record) => ({
      ...record,
      vouchedAtRemoval: 1_000 * DAY,
    }));
    lookOn(vault, 10, 20, 30, 39);
    expect(removedIds(vault)).toEqual([id]);
    lookOn(vault, 40);
    expect(removedIds(vault)).toEqual([]);
  });

  test("is emptied of the others where one is damaged", () => {
    const { vault, ids } = newVault("a", "b", "c");
    for (const id of ids) removeToken(vault, id, START);
    const damaged = ids[1] ?? "";
    const { folder } = removedCell(vault, damaged);
    for (const name of readdirSync(folder)) appendFileSync(join(folder, name), "x");
    lookOn(vault, 10, 20, 30);
    expect(removedIds(vault)).toEqual([damaged]);
  });
});

test("a removal that was cut off before the index said so has removed the token all the same", () => {
  const { vault, id } = newVault("a");
  const folder = vault.tokenCell(id).folder;
  mkdirSync(removedFolder(vault.layout), { recursive: true });
  renameSync(folder, removedCell(vault, id).folder);
  expect(vault.listed().map((one) => one.id)).toEqual([id]);
  expect(vault.entries()).toEqual([]);
  // in both folders it is in use
  cpSync(removedCell(vault, id).folder, folder, { recursive: true });
  expect(vault.entries().map((one) => one.id)).toEqual([id]);
});

test("a removed token comes back as one that was never removed", () => {
  const { vault, id } = newVault("a");
  const before = vault.read(id);
  removeToken(vault, id, START);
  expect(vault.names()).toEqual([]);
  restoreToken(vault, id);
  expect(vault.read(id)).toEqual(before);
  expect(vault.names()).toEqual(["a"]);
});

test.each([
  [3n, 7n],
  [9n, 9n],
])(
  "of a token that is in use and removed at once, at the counter %d, the higher one stays",
  (counter, expected) => {
    const { vault, id } = newVault("a");
    const { token } = vault.read(id);
    const double = createRecord(
      { ...token, credential: { ...token.credential, counter } as never },
      newKey(),
      vault.vaultKey,
    );
    updateCell(removedCell(vault, id), () => encodeRecord({ ...double, removedAt: START }));
    absorbDouble(vault, id);
    expect(vault.read(id).token.credential).toMatchObject({ counter: expected });
    expect(removedIds(vault)).toEqual([]);
  },
);
