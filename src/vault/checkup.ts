import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { isYoung } from "#base/file-age.ts";
import { isClosedFile } from "#base/file-error.ts";
import { FobError } from "#base/fob-error.ts";
import { isListedAlike } from "#token/codec.ts";
import { isOfNewer } from "#token/newer.ts";
import type { Secret } from "#token/secret.ts";
import type { Token } from "#token/token.ts";
import { BELONGINGS, belongingCell } from "#vault/belongings/belongings-cell.ts";
import { type Cell, readCell, tidyCell } from "#vault/cells/cell.ts";
import { abandonedFilesIn, generationsIn, removeIfEmpty } from "#vault/cells/cell-files.ts";
import { namesIn } from "#vault/cells/folder-error.ts";
import {
  batchesFolder,
  calendarCell,
  headerCell,
  indexCell,
  removedFolder,
  tokensFolder,
} from "#vault/cells/layout.ts";
import { encryptingSeal } from "#vault/cells/sealing.ts";
import { grantCells } from "#vault/grants/grants.ts";
import {
  type Attempts,
  attemptsOfApp,
  attemptsOfToken,
  isDamaged,
  setAttemptsAside,
} from "#vault/pins/attempts.ts";
import {
  batchIds,
  damagedBatches,
  type Processes,
  putBatchesAside,
  settleBatches,
  type Unsettled,
  unsettled,
} from "#vault/tokens/batch.ts";
import { decodeRecord, isWiped, type TokenRecord } from "#vault/tokens/token-record.ts";
import { putAside } from "#vault/trash/aside.ts";
import { putTokenAside, removedCell, removedIds } from "#vault/trash/removal.ts";
import { TOKEN_ID, type Vault } from "./vault.ts";

/** A damaged file of wrong-PIN counters. */
interface DamagedAttempts {
  readonly of: string | null;
  readonly attempts: Attempts;
}

/** What interrupted commands left in a vault, and what is damaged. */
export interface Checkup {
  /** Why the index cannot be read; null when it can. It can be rebuilt from the tokens. */
  readonly damagedIndex: string | null;
  /** Tokens that cannot be read, with the reason; only a copy of the folder restores them. */
  readonly damaged: readonly DamagedToken[];
  /** Tokens whose files this user may not read: they may be whole, and are left alone. */
  readonly closed: readonly DamagedToken[];
  /** Owners of damaged counters of wrong PINs: a token's name, or null for the app PIN. */
  readonly damagedAttempts: readonly DamagedAttempts[];
  /** Tokens that are missing in the index or differ from their entry. */
  readonly unlisted: readonly Token[];
  /** The names of tokens whose secret was wiped after too many wrong PINs. */
  readonly wiped: readonly string[];
  /** Entries of the index whose token was removed. */
  readonly gone: readonly Pick<Token, "id" | "name">[];
  /** Entries of the index whose token has no file at all. */
  readonly lost: readonly Pick<Token, "id" | "name">[];
  /**
   * Commands that were interrupted while they changed several tokens, and how many tokens are still
   * to be deleted or moved to the removed ones.
   */
  readonly cutOff: Pick<Unsettled, "abandoned" | "tokens">;
  /** The ids of batches that cannot be read. */
  readonly damagedBatches: readonly string[];
}

/** A token that cannot be read. */
export interface DamagedToken extends Pick<Token, "id" | "name"> {
  readonly reason: string;
}

/** Examines all tokens of an open vault; calls `step` after each. */
export function examineVault(
  vault: Vault,
  processes: Processes,
  step: () => void = () => undefined,
): Checkup {
  // in this order: a batch names a token before its folder exists and until it is listed, and
  // before it is taken out of the list and until its folder is moved
  const ids = tokenIds(vault);
  const batches = unsettled(vault, processes);
  const index = attempt(() => vault.listed());
  const named = new Set([...batches.ids, ...unsettled(vault, processes).ids]);
  const entries = new Map(("value" in index ? index.value : []).map((entry) => [entry.id, entry]));
  const reads = ids
    .filter((id) => entries.has(id) || !named.has(id))
    .map((id) => {
      const read = attempt(() => readRecord(vault, id));
      step();
      return { id, ...read };
    });
  const records = reads.flatMap((read) =>
    "value" in read && read.value !== null ? [read.value] : [],
  );
  const unread = reads.flatMap((read) =>
    "reason" in read ? [{ ...read, name: entries.get(read.id)?.name ?? read.id }] : [],
  );
  // a token without a file is being added or moved at this moment, or its file is lost
  const present = new Set([...unread.map(({ id }) => id), ...records.map(({ token }) => token.id)]);
  const missing = [...entries.values()]
    .filter(({ id }) => !present.has(id))
    .map(({ id, name }) => ({ id, name }));
  const removed = new Set(missing.length > 0 ? removedIds(vault) : []);
  return {
    damagedIndex: "reason" in index ? index.reason : null,
    damaged: unread.filter(({ isClosed }) => !isClosed),
    closed: unread.filter(({ isClosed }) => isClosed),
    damagedAttempts: allAttempts(vault)
      .filter(({ attempts }) => isDamaged(attempts))
      .map(({ id, attempts }) => ({ of: id && (entries.get(id)?.name ?? id), attempts })),
    unlisted: records
      .map(({ token }) => token)
      .filter((token) => !isListedAs(entries.get(token.id), token)),
    wiped: records.filter(isWiped).map(({ token }) => token.name),
    gone: missing.filter(({ id }) => removed.has(id)),
    lost: missing.filter(({ id }) => !removed.has(id)),
    cutOff: batches,
    damagedBatches: damagedBatches(vault),
  };
}

/** Null for a token without a file. */
function readRecord(vault: Vault, id: string): TokenRecord | null {
  const value = readCell(vault.tokenCell(id));
  return value && decodeRecord(value);
}

/** The result of `read`, or the reason why it failed. */
function attempt<T>(
  read: () => T,
): { readonly value: T } | { readonly reason: string; readonly isClosed: boolean } {
  try {
    return { value: read() };
  } catch (error) {
    if (error instanceof FobError && !isOfNewer(error) && isOfFile(error))
      return { reason: error.message, isClosed: error.code !== "invalid" };
    throw error;
  }
}

/**
 * Whether the file is at fault: damaged, or without read permission. A failing disk says nothing
 * about the file's content.
 */
function isOfFile(error: FobError): boolean {
  return error.code === "invalid" || isClosedFile(error);
}

/**
 * Puts unreadable tokens aside, finishes interrupted commands, and rebuilds the index from the
 * other tokens. Returns the folders that keep what was put aside.
 */
export function mendVault(vault: Vault, checkup: Checkup, processes: Processes): readonly string[] {
  const { damaged, damagedIndex, damagedAttempts, unlisted } = checkup;
  const gone = [...checkup.gone, ...checkup.lost];
  for (const { attempts } of damagedAttempts) setAttemptsAside(attempts);
  const { folder } = vault.indexCell();
  if (damagedIndex !== null && existsSync(folder)) putAside(vault.layout.home, folder, "index");
  const aside = damaged.map(({ id }) => putTokenAside(vault, id));
  if (gone.length > 0) vault.dropFromIndex(...gone.map(({ id }) => id));
  vault.addToIndex(unlisted);
  putBatchesAside(vault, checkup.damagedBatches);
  settleBatches(vault, processes);
  return aside.filter((folder) => folder !== null);
}

/** Files and folders that interrupted writes left; none is part of a current value. */
export interface Leftovers {
  /** Older generations that have a successor. */
  readonly old: readonly string[];
  /** Unfinished files (`.new-...`) of processes that are gone. */
  readonly temporary: readonly string[];
  /** Empty folders of tokens and batches: their file was never written, or was moved. */
  readonly empty: readonly string[];
}

/** Finds {@link Leftovers}, as absolute paths. */
export function leftovers(vault: Vault, processes: Processes): Leftovers {
  const folders = allCells(vault).map(({ folder }) => folder);
  // damage of a cell is reported when it is read
  const within = (folder: string, find: (folder: string) => readonly string[]) => {
    const found = attempt(() => find(folder));
    return "value" in found ? found.value.map((name) => join(folder, name)) : [];
  };
  return {
    old: folders.flatMap((folder) =>
      within(folder, (one) => generationsIn(one).slice(1).map(String)),
    ),
    temporary: folders.flatMap((folder) => within(folder, abandonedFilesIn)),
    empty: emptyFolders(vault, processes),
  };
}

/** Deletes {@link Leftovers}. A damaged cell keeps its files. */
export function removeLeftovers(vault: Vault, processes: Processes): void {
  for (const cell of allCells(vault)) attempt(() => tidyCell(cell));
  for (const folder of emptyFolders(vault, processes)) removeIfEmpty(folder);
}

/**
 * Empty folders that no running command is filling: a batch names the folders of new tokens; an
 * older fob fills them at once.
 */
function emptyFolders(vault: Vault, processes: Processes): string[] {
  const ids = tokenIds(vault);
  const { ids: busy } = unsettled(vault, processes);
  return [
    ...ids.filter((id) => !busy.has(id)).map((id) => vault.tokenCell(id).folder),
    ...removedIds(vault).map((id) => join(removedFolder(vault.layout), id)),
    ...batchIds(vault).map((id) => join(batchesFolder(vault.layout), id)),
  ].filter((folder) => {
    const found = attempt(() => namesIn(folder));
    return "value" in found && found.value.length === 0 && !mayBeFilled(folder);
  });
}

/** Whether a process may be writing to the folder, or has removed it. */
function mayBeFilled(folder: string): boolean {
  const changed = statSync(folder, { throwIfNoEntry: false })?.mtimeMs;
  return changed === undefined || isYoung(changed);
}

function allCells(vault: Vault): Cell[] {
  const { layout, vaultKey } = vault;
  return [
    headerCell(layout.home),
    indexCell(layout, encryptingSeal(vaultKey)),
    calendarCell(layout, encryptingSeal(vaultKey)),
    ...tokenIds(vault).flatMap((id) => cellsOf(vault.tokenCell(id), vaultKey)),
    ...removedIds(vault).flatMap((id) => cellsOf(removedCell(vault, id), vaultKey)),
    ...grantCells(vault),
    ...allAttempts(vault).flatMap(({ attempts: { cell, former } }) =>
      former ? [cell, former] : [cell],
    ),
  ];
}

/** The cell of a token, and those of what belongs to it. */
function cellsOf(token: Cell, vaultKey: Secret): Cell[] {
  return [token, ...BELONGINGS.map((one) => belongingCell(token, one, vaultKey))];
}

/**
 * The counters of wrong PINs, by token id, or null for the app PIN. Other files there are not from
 * fob.
 */
function allAttempts(vault: Vault): { readonly id: string | null; readonly attempts: Attempts }[] {
  return [
    { id: null, attempts: attemptsOfApp(vault.layout) },
    ...[...tokenIds(vault), ...removedIds(vault)].map((id) => ({
      id,
      attempts: attemptsOfToken(vault, id),
    })),
  ];
}

/** The ids of all tokens that have a folder. */
export function tokenIds({ layout }: Vault): string[] {
  return namesIn(tokensFolder(layout)).filter((name) => TOKEN_ID.test(name));
}

/** Credentials are not compared: the index does not follow counters. */
function isListedAs(entry: Token | undefined, token: Token): boolean {
  return entry !== undefined && isListedAlike(entry, token);
}
