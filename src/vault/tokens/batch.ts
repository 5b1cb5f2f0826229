import { randomBytes } from "node:crypto";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { syncFolder } from "#base/durable-file.ts";
import { isLongAgo } from "#base/file-age.ts";
import { describeFileError } from "#base/file-error.ts";
import { FobError } from "#base/fob-error.ts";
import type { lifeOf, ProcessIdentity } from "#base/process-identity.ts";
import { isDamage } from "#token/newer.ts";
import { type Cell, readCell, updateCell } from "#vault/cells/cell.ts";
import { namesIn } from "#vault/cells/folder-error.ts";
import { batchCell, batchesFolder, tokensFolder } from "#vault/cells/layout.ts";
import { encryptingSeal } from "#vault/cells/sealing.ts";
import { putAside } from "#vault/trash/aside.ts";
import { removeToken } from "#vault/trash/removal.ts";
import { newTokenId, TOKEN_ID, type Vault } from "#vault/vault.ts";

/** The processes of this machine. */
export interface Processes {
  /** The process that this is. */
  own(): ProcessIdentity;
  lifeOf: typeof lifeOf;
}

/** What a process does to several tokens at once. */
export interface BatchPlan {
  /** The ids of tokens that it makes. */
  readonly adds: readonly string[];
  /** The ids of tokens that it takes out of use. */
  readonly removes: readonly string[];
  readonly at: Date;
}

/**
 * A change of several tokens at once, written down before it begins. Its moment of truth is one
 * update of the index: before it nothing has changed, after it everything has. What is left to do
 * follows from the index alone, so that anybody can do it, and do it again:
 *
 * - a token that was to be made and is not listed is deleted;
 * - a token that was to be removed and is not listed goes to the removed ones.
 */
interface Batch extends BatchPlan {
  readonly id: string;
  readonly process: ProcessIdentity;
  /** Whether the vault had no index yet: only then may its absence mean that nothing is listed. */
  readonly isFirst: boolean;
}

/**
 * What takes a process longer than this when it is to end is left to the next command, in
 * milliseconds.
 */
const ENDING_MS = 600;

const BATCH_ID = TOKEN_ID;

/**
 * Writes down what is about to be done. An id that another batch makes at this moment, or that is
 * there already, is replaced by a new one: two restore one backup. Returns the batch.
 */
export function beginBatch(vault: Vault, plan: BatchPlan, processes: Processes): Batch {
  const id = randomBytes(8).toString("hex");
  const isFirst = readCell(vault.indexCell()) === null;
  const batch: Batch = { ...plan, id, process: processes.own(), isFirst };
  write(vault, batch);
  // after writing, so that of two processes one sees the other
  const others = new Set(
    batchIds(vault).flatMap((other) => (other === id ? [] : (read(vault, other)?.adds ?? []))),
  );
  const isTaken = (token: string) => others.has(token) || existsSync(vault.tokenCell(token).folder);
  if (!plan.adds.some(isTaken)) return batch;
  const free = {
    ...batch,
    adds: plan.adds.map((token) => (isTaken(token) ? newTokenId() : token)),
  };
  write(vault, free);
  return free;
}

/** Whether a batch is still its process's own: nobody has taken it for abandoned. */
export function isOurs(vault: Vault, { id }: Batch): boolean {
  return read(vault, id) !== null;
}

/** Hears which folder keeps the files of a token that was to be removed and could not be read. */
export type TellAside = (id: string, folder: string) => void;

interface Finishing {
  /** Asked before every token: what it does not wait for is left to the next command. */
  shouldStop?(): boolean;
  readonly tellAside?: TellAside | undefined;
}

/**
 * Does what is left of a batch and forgets it. What a failing disk does not allow is left to the
 * next command.
 */
export function finishBatch(vault: Vault, batch: Batch, finishing: Finishing = {}): void {
  if (finish(vault, batch, finishing)) forgetBatch(vault, batch.id);
}

/** {@link finishBatch} for a process that is to end soon. */
export function finishSoon(vault: Vault, batch: Batch): void {
  const until = Date.now() + ENDING_MS;
  finishBatch(vault, batch, { shouldStop: () => Date.now() > until });
}

/** Finishes or takes back what processes have left that are gone. */
export function settleBatches(vault: Vault, processes: Processes): void {
  for (const id of batchIds(vault)) {
    const batch = read(vault, id);
    if (batch && isAbandoned(batch, processes)) finishBatch(vault, batch);
  }
}

/** The tokens that processes at work are making or removing, or have left behind. */
export interface Unsettled {
  /** The ids of tokens that a batch names, as far as the index says what became of them. */
  readonly ids: ReadonlySet<string>;
  /** How many batches were left by processes that are gone. */
  readonly abandoned: number;
  /** How many of their tokens are not listed, and wait to be deleted or put away. */
  readonly tokens: number;
}

/**
 * What batches there are; the caller has listed the folders of the tokens before, and reads the
 * index afterwards.
 */
export function unsettled(vault: Vault, processes: Processes): Unsettled {
  const batches = batchIds(vault).flatMap((id) => read(vault, id) ?? []);
  const abandoned = batches.filter((batch) => isAbandoned(batch, processes));
  const left = abandoned.flatMap(idsOf).filter((id) => existsSync(vault.tokenCell(id).folder));
  const told = batches.filter((batch) => saysWhatIsListed(vault, batch));
  return { ids: new Set(told.flatMap(idsOf)), abandoned: abandoned.length, tokens: left.length };
}

/**
 * Whether nobody goes on with a batch. Of a process on another machine, or before the last boot,
 * time tells.
 */
function isAbandoned({ process, at }: Batch, processes: Processes): boolean {
  const life = processes.lifeOf(process);
  return life === "dead" || (life === "unknown" && isLongAgo(at.getTime()));
}

function idsOf({ adds, removes }: Batch): string[] {
  return [...adds, ...removes];
}

/** Does what is left to do, unless it is to stop before; whether all of it is done. */
function finish(
  vault: Vault,
  batch: Batch,
  { shouldStop = () => false, tellAside }: Finishing,
): boolean {
  const listed = listedIds(vault, batch);
  if (!listed) return false;
  const isDone = (left: "adds" | "removes", work: (id: string) => void) =>
    batch[left].every((id) => listed.has(id) || (!shouldStop() && attempt(() => work(id) ?? true)));
  return (
    isDone("adds", (id) => rmSync(vault.tokenCell(id).folder, { recursive: true, force: true })) &&
    // what is deleted must not come back once the batch is forgotten
    attempt(() => syncTokens(vault) ?? true) === true &&
    isDone("removes", (id) => removeOnce(vault, id, { at: batch.at, tellAside }))
  );
}

/** The ids in the index; null where it does not say what was listed. */
function listedIds(vault: Vault, batch: Batch): ReadonlySet<string> | null {
  if (!saysWhatIsListed(vault, batch)) return null;
  return attempt(() => new Set(vault.listed().map(({ id }) => id))) ?? null;
}

/**
 * Whether the index is there and can be read; one that is damaged or lost is made anew by `doctor`,
 * from all tokens.
 */
function saysWhatIsListed(vault: Vault, { isFirst }: Batch): boolean {
  const index = attempt(() => readCell(vault.indexCell()));
  return index === null ? isFirst : index !== undefined;
}

/**
 * What `work` returns, or undefined when the disk or the token does not allow it: the batch stays,
 * and somebody tries again.
 */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof FobError || (error as NodeJS.ErrnoException).code !== undefined)
      return undefined;
    throw error;
  }
}

/** Removes a token, unless somebody else does so at this moment. */
function removeOnce(
  vault: Vault,
  id: string,
  { at, tellAside }: Pick<Batch, "at"> & Finishing,
): void {
  try {
    const folder = removeToken(vault, id, at);
    if (folder !== null) tellAside?.(id, folder);
  } catch (error) {
    if (existsSync(vault.tokenCell(id).folder)) throw error;
  }
}

/** Makes the names of tokens' folders durable. */
export function syncTokens({ layout }: Vault): void {
  const folder = tokensFolder(layout);
  try {
    if (existsSync(folder)) syncFolder(folder);
  } catch (error) {
    throw describeFileError(error, "write", folder);
  }
}

/** The ids of batches that cannot be read: nobody knows what was to be done. */
export function damagedBatches(vault: Vault): string[] {
  return batchIds(vault).filter((id) => {
    try {
      readCell(cellOf(vault, id));
      return false;
    } catch (error) {
      if (isDamage(error)) return true;
      throw error;
    }
  });
}

/**
 * Puts batches aside that cannot be read. Tokens that they were to make are listed then, like all
 * that lie there.
 */
export function putBatchesAside({ layout }: Vault, ids: readonly string[]): void {
  for (const id of ids) putAside(layout.home, join(batchesFolder(layout), id), `batch-${id}`);
}

function forgetBatch({ layout }: Vault, id: string): void {
  attempt(() => rmSync(join(batchesFolder(layout), id), { recursive: true, force: true }));
}

function write(vault: Vault, { id, ...rest }: Batch): void {
  updateCell(cellOf(vault, id), () => Buffer.from(JSON.stringify(rest)));
}

/** A batch that is there, or null: it is being written or was just forgotten, or it is damaged. */
function read(vault: Vault, id: string): Batch | null {
  const value = attempt(() => readCell(cellOf(vault, id)));
  if (!value) return null;
  const { at, ...rest } = JSON.parse(value.toString());
  return { ...rest, id, at: new Date(at) };
}

function cellOf({ layout, vaultKey }: Vault, id: string): Cell {
  return batchCell(layout, id, encryptingSeal(vaultKey));
}

/** The ids of all batches that were begun and not forgotten. */
export function batchIds({ layout }: Vault): string[] {
  return namesIn(batchesFolder(layout)).filter((name) => BATCH_ID.test(name));
}
