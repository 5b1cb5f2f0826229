import { existsSync } from "node:fs";
import { join } from "node:path";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { counterOf } from "#token/counter.ts";
import { isDamage, isOfNewer } from "#token/newer.ts";
import type { Token } from "#token/token.ts";
import type { TokenPlace } from "#vault/belongings/belongings-cell.ts";
import { givenCodesOf, markUsed } from "#vault/belongings/recovery-codes.ts";
import { type Cell, readCell } from "#vault/cells/cell.ts";
import { makeFolder, removeIfEmpty } from "#vault/cells/cell-files.ts";
import { namesIn } from "#vault/cells/folder-error.ts";
import { removedFolder, tokensFolder } from "#vault/cells/layout.ts";
import { isUnreadable } from "#vault/tokens/record-cell.ts";
import { decodeRecord, type TokenRecord, withCounter } from "#vault/tokens/token-record.ts";
import { TOKEN_ID, type Vault } from "#vault/vault.ts";
import { move, putAside } from "./aside.ts";
import { lookAtClock } from "./calendar.ts";
import { discard } from "./discarding.ts";

/** How long a removed token stays restorable, at least. */
export const RESTORABLE_DAYS = 30;

/**
 * Removes a token. It gives no passcodes from then on, and can be restored for 30 days. A token
 * that cannot be read is put aside instead: returns the folder with its files, or null.
 */
export function removeToken(vault: Vault, id: string, now: Date): string | null {
  const aside = takeOut(vault, id, now);
  vault.dropFromIndex(id);
  return aside;
}

/**
 * {@link removeToken}, but for the list, which the caller changes for many tokens at once with
 * {@link Vault.dropFromIndex}: writing it takes longer than everything else in a large vault.
 */
export function takeOut(vault: Vault, id: string, now: Date): string | null {
  // first: a token must not be marked as removed if it cannot be moved
  makeFolder(removedFolder(vault.layout));
  try {
    absorbDouble(vault, id);
    const vouchedAtRemoval = vouchedNow(vault, now);
    vault.update(id, (record) => ({ ...record, removedAt: now, vouchedAtRemoval }));
  } catch (error) {
    if (isUnreadable(error)) return putFilesAside(vault, id);
    throw error;
  }
  // the move removes the token: a passcode that is being made meanwhile is either counted in the
  // moved record, or fails
  move(vault.tokenCell(id).folder, removedCell(vault, id).folder);
  return null;
}

/**
 * Takes an unreadable token out of use. Returns the folder that keeps its files, or null where
 * there were none.
 */
export function putTokenAside(vault: Vault, id: string): string | null {
  const aside = putFilesAside(vault, id);
  vault.dropFromIndex(id);
  return aside;
}

function putFilesAside(vault: Vault, id: string): string | null {
  const { folder } = vault.tokenCell(id);
  if (!existsSync(folder) || removeIfEmpty(folder)) return null;
  return putAside(vault.layout.home, folder, `token-${id}`);
}

/** Whether a token was removed, and its files are still there. */
export function isRemoved(vault: Vault, id: string): boolean {
  return existsSync(removedCell(vault, id).folder);
}

/**
 * The tokens that can be restored, latest first, without damaged ones and those that a newer fob
 * wrote. Throws FobError `unavailable` where the disk fails.
 */
export function removedTokens(vault: Vault): TokenRecord[] {
  return removedIds(vault)
    .map((id) => readRemoved(vault, id))
    .filter((record) => record !== null && "token" in record)
    .sort((a, b) => (b.removedAt?.getTime() ?? 0) - (a.removedAt?.getTime() ?? 0));
}

/**
 * A removed token: its record, the reason why the record cannot be read, or null when it is gone.
 * Throws FobError `unavailable` where the disk fails: that is no damage.
 */
export function readRemoved(vault: Vault, id: string): TokenRecord | FobError | null {
  try {
    const value = readCell(removedCell(vault, id));
    return value && decodeRecord(value);
  } catch (error) {
    if (error instanceof FobError && error.code === "invalid") return error;
    throw error;
  }
}

/**
 * Takes a removed token back into use; if its name is taken, it gets a number. Returns the token.
 * If it is in use already, the one in use stays, with the higher counter of the two, unless it is
 * damaged: then the removed one replaces it.
 */
export function restoreToken(vault: Vault, id: string): Token {
  // throws where the index is lost: otherwise this token would become the whole index
  vault.listed();
  const record = readRemoved(vault, id);
  if (record === null)
    throw new FobError("not-found", t`the removed token ${id} is no longer there`);
  if (!("token" in record)) throw record;
  if (isInUse(vault, id)) {
    absorbDouble(vault, id);
    return vault.addToIndex([vault.read(id).token])[0] ?? record.token;
  }
  const { folder } = vault.tokenCell(id);
  if (existsSync(folder)) putAside(vault.layout.home, folder, `token-${id}`);
  makeFolder(tokensFolder(vault.layout));
  const { token } = record;
  // listed first: after an interruption the token is either in use or still removed
  const { name } = vault.announce([token])[0] ?? token;
  try {
    move(removedCell(vault, id).folder, folder);
  } catch (error) {
    if (!(error instanceof FobError && error.isDone)) vault.dropFromIndex(id);
    throw error;
  }
  vault.update(id, (before) => ({
    ...before,
    token: { ...before.token, name },
    removedAt: null,
    vouchedAtRemoval: null,
  }));
  return { ...token, name };
}

/**
 * Deletes the removed copy of a token that is in use as well: after a power cut between two
 * folders, or because files were copied. The token in use stays, with the higher counter of the
 * two.
 */
export function absorbDouble(vault: Vault, id: string): void {
  const { folder } = removedCell(vault, id);
  if (!existsSync(folder)) return;
  const double = readRemoved(vault, id);
  if (isOfNewer(double)) throw double;
  if (double && !("token" in double)) {
    putAside(vault.layout.home, folder, `token-${id}`);
    return;
  }
  if (double) {
    const counter = counterOf(double.token.credential) ?? 0n;
    vault.update(id, (record) => withCounter(record, counter));
    markUsed(vault, id, givenCodesOf(inTrash(vault), id));
  }
  discard(folder);
}

/**
 * Whether an undamaged token of this id is in use. Throws FobError `unavailable` where the disk
 * fails.
 */
export function isInUse(vault: Vault, id: string): boolean {
  try {
    return readCell(vault.tokenCell(id)) !== null;
  } catch (error) {
    if (isDamage(error)) return false;
    throw error;
  }
}

/** Null where the calendar cannot be read: the 30 days then begin at its next update. */
function vouchedNow(vault: Vault, now: Date): number | null {
  try {
    return lookAtClock(vault, now).vouched;
  } catch (error) {
    if (error instanceof FobError) return null;
    throw error;
  }
}

/** A removed token's cell keeps its identity, so that moving its folder is enough. */
export function removedCell(vault: Vault, id: string): Cell {
  return { ...vault.tokenCell(id), folder: join(removedFolder(vault.layout), id) };
}

/** The removed tokens of a vault, for what belongs to them. */
export function inTrash(vault: Vault): TokenPlace {
  const { layout, vaultKey } = vault;
  return { layout, vaultKey, tokenCell: (id) => removedCell(vault, id) };
}

/** The ids of the tokens that were removed. */
export function removedIds({ layout }: Vault): string[] {
  return namesIn(removedFolder(layout)).filter((name) => TOKEN_ID.test(name));
}
