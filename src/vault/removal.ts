import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { syncFolder } from "../durable-file.ts";
import { describeDoneInDoubt, describeFileError } from "../file-error.ts";
import { FobError } from "../fob-error.ts";
import { t } from "../language.ts";
import type { Token } from "../token/token.ts";
import { attemptsOfToken, removeAttempts } from "./attempts.ts";
import { type Cell, readCell } from "./cell.ts";
import { makeFolder } from "./cell-files.ts";
import { removedFolder, vaultFolder } from "./layout.ts";
import { isUnreadable } from "./record-cell.ts";
import { decodeRecord, type TokenRecord } from "./token-record.ts";
import { dropUnguardedSecrets } from "./unguarded-secrets.ts";
import { TOKEN_ID, type Vault } from "./vault.ts";

/** How long a removed token stays restorable. */
export const RESTORABLE_DAYS = 30;

/**
 * Puts a token away. It gives no passcodes from then on, and stays restorable for 30 days. One that cannot be read is put aside instead: returns the
 * folder with its files, or null.
 */
export function removeToken(vault: Vault, id: string, now: Date): string | null {
  try {
    vault.update(id, (record) => ({ ...record, removedAt: now }));
  } catch (error) {
    if (error instanceof FobError && isUnreadable(error)) return putTokenAside(vault, id);
    throw error;
  }
  // this is what removes it: a passcode that is being made meanwhile either counts in what is kept, or fails
  makeFolder(removedFolder(vault.layout));
  moveFolder(vault.tokenCell(id).folder, removedCell(vault, id).folder);
  dropUnguardedSecrets(vault.layout);
  vault.dropFromIndex(id);
  purgeRemoved(vault, now);
  return null;
}

/**
 * Takes a token that cannot be read out of use. What is damaged may still be of use to somebody: returns the folder that keeps it, or null where there
 * was nothing.
 */
export function putTokenAside(vault: Vault, id: string): string | null {
  const { folder } = vault.tokenCell(id);
  const aside = join(vaultFolder(vault.layout.home), `damaged-token-${id}-${randomBytes(4).toString("hex")}`);
  const isThere = existsSync(folder);
  if (isThere) moveFolder(folder, aside);
  dropUnguardedSecrets(vault.layout);
  vault.dropFromIndex(id);
  return isThere ? aside : null;
}

/** The tokens that can be restored, latest first. */
export function removedTokens(vault: Vault): TokenRecord[] {
  return removedIds(vault)
    .map((id) => readCell(removedCell(vault, id)))
    .filter((value) => value !== null)
    .map(decodeRecord)
    .sort((a, b) => (b.removedAt?.getTime() ?? 0) - (a.removedAt?.getTime() ?? 0));
}

/** Takes a removed token back into use; if its name is taken by now, it gets a number. Returns the token. */
export function restoreToken(vault: Vault, id: string): Token {
  const { folder, ...cell } = removedCell(vault, id);
  const removed = readCell({ ...cell, folder });
  if (removed === null) throw new FobError("not-found", t`the removed token ${id} is no longer there`);
  const { token } = decodeRecord(removed);
  // listed first: whoever is interrupted finds it in use, or among the removed ones
  const { name } = vault.announce([token])[0] ?? token;
  moveFolder(folder, vault.tokenCell(id).folder);
  vault.update(id, (record) => ({ ...record, token: { ...record.token, name }, removedAt: null }));
  return { ...token, name };
}

function purgeRemoved(vault: Vault, now: Date): void {
  const before = now.getTime() - RESTORABLE_DAYS * 24 * 60 * 60 * 1000;
  for (const record of removedTokens(vault)) {
    if (record.removedAt && record.removedAt.getTime() < before) {
      rmSync(join(removedFolder(vault.layout), record.token.id), { recursive: true, force: true });
      removeAttempts(attemptsOfToken(vault, record.token.id));
    }
  }
}

/** A removed token keeps the identity of its cell, so that moving its folder is all there is to do. */
export function removedCell(vault: Vault, id: string): Cell {
  return { ...vault.tokenCell(id), folder: join(removedFolder(vault.layout), id) };
}

/** The ids of the tokens that were removed. */
export function removedIds({ layout }: Vault): string[] {
  try {
    return readdirSync(removedFolder(layout)).filter((name) => TOKEN_ID.test(name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw describeFileError(error, "read", removedFolder(layout));
  }
}

function moveFolder(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    throw describeFileError(error, "move", from);
  }
  try {
    // the new place first: a power cut must not find it in neither
    syncFolder(dirname(to));
    syncFolder(dirname(from));
  } catch (error) {
    throw describeDoneInDoubt(error, to);
  }
}
