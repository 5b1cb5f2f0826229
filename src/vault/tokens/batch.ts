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
  /** The identity of this process. */
  own(): ProcessIdentity;
  lifeOf: typeof lifeOf;
}

/** What a process changes in several tokens at once. */
export interface BatchPlan {
  /** The ids of tokens that it makes. */
  readonly adds: readonly string[];
  /** The ids of tokens that it removes. */
  readonly removes: readonly string[];
  readonly at: Date;
}

/**
 * A change of several tokens at once, recorded on disk before it begins. It is committed by one
 * update of the index: before it nothing has changed, after it everything has. The index alone
 * decides what is left to do, so any process can finish the batch, and repeat that:
 * - A token of `adds` that is not listed is deleted, unless another batch removes it: then it had
 *   been listed, and that batch moves it to the removed ones.
 * - A token of `removes` that is not listed is moved to the removed ones.
 */
interface Batch extends BatchPlan {
  readonly id: string;
  readonly process: ProcessIdentity;
  /**
   * Whether the vault had no index yet: only then does a missing index mean that no token is
   * listed.
   */
  readonly isFirst: boolean;
}

/**
 * How long a process that is about to end works on a batch, in milliseconds; the next command does
 * the rest.
 */
const ENDING_MS = 600;

const BATCH_ID = TOKEN_ID;

/**
 * Records what is about to be done. An id that another batch is adding, or that exists already, is
 * replaced by a new one: two processes may restore one backup. Returns the batch.
 */
export function beginBatch(vault: Vault, plan: BatchPlan, processes: Processes): Batch {
  const id = randomBytes(8).toString("hex");
  const isFirst = readCell(vault.indexCell()) === null;
  const batch: Batch = { ...plan, id, process: processes.own(), isFirst };
  write(vault, batch);
  // after writing: of two processes at least one sees the other
  const others = new Set(otherBatches(vault, batch).flatMap(({ adds }) => adds));
  const isTaken = (token: string) => others.has(token) || existsSync(vault.tokenCell(token).folder);
  if (!plan.adds.some(isTaken)) return batch;
  const free = {
    ...batch,
    adds: plan.adds.map((token) => (isTaken(token) ? newTokenId() : token)),
  };
  write(vault, free);
  return free;
}

/** Records that more tokens will be removed. Returns the batch. */
export function extendBatch(vault: Vault, batch: Batch, removes: readonly string[]): Batch {
  const added = removes.filter((id) => !batch.removes.includes(id));
  if (added.length === 0) return batch;
  const extended = { ...batch, removes: [...batch.removes, ...added] };
  write(vault, extended);
  return extended;
}

/** Whether a batch still belongs to its process: no other process has finished it as abandoned. */
export function isOurs(vault: Vault, { id }: Batch): boolean {
  return read(vault, id) !== null;
}

/**
 * Receives the folder that keeps the files of a token that was to be removed and could not be read.
 */
export type TellAside = (id: string, folder: string) => void;

interface Finishing {
  /** Called before every token; if it returns true, the rest is left to the next command. */
  shouldStop?(): boolean;
  readonly tellAside?: TellAside | undefined;
}

/**
 * Does what is left of a batch and deletes it. What fails because of the disk is left to the next
 * command.
 */
export function finishBatch(vault: Vault, batch: Batch, finishing: Finishing = {}): void {
  if (finish(vault, batch, finishing)) forgetBatch(vault, batch.id);
}

/** {@link finishBatch} for a process that is to end soon. */
export function finishSoon(vault: Vault, batch: Batch): void {
  const until = Date.now() + ENDING_MS;
  finishBatch(vault, batch, { shouldStop: () => Date.now() > until });
}

/** Finishes or undoes the batches of processes that are gone. */
export function settleBatches(vault: Vault, processes: Processes): void {
  for (const id of batchIds(vault)) {
    const batch = read(vault, id);
    if (batch && isLeft(batch, processes)) finishBatch(vault, batch);
  }
}

/** The tokens that running processes are adding or removing, or that interrupted ones left. */
export interface Unsettled {
  /** The ids of tokens in batches, as far as the index says whether they are listed. */
  readonly ids: ReadonlySet<string>;
  /** How many batches belong to processes that are gone. */
  readonly abandoned: number;
  /** How many of their tokens are not listed, and will be deleted or moved to the removed ones. */
  readonly tokens: number;
}

/**
 * The batches on disk. The caller has listed the token folders before this call, and reads the
 * index after it.
 */
export function unsettled(vault: Vault, processes: Processes): Unsettled {
  const batches = batchIds(vault).flatMap((id) => read(vault, id) ?? []);
  const abandoned = batches.filter((batch) => isLeft(batch, processes));
  const left = abandoned.flatMap(idsOf).filter((id) => existsSync(vault.tokenCell(id).folder));
  const told = batches.filter((batch) => saysWhatIsListed(vault, batch));
  return { ids: new Set(told.flatMap(idsOf)), abandoned: abandoned.length, tokens: left.length };
}

/**
 * Whether no process will finish a work. For a process on another machine, or before the last boot,
 * its age decides. Times are in milliseconds since 1970.
 */
export function isAbandoned(
  { process, begun }: { readonly process: ProcessIdentity; readonly begun: number },
  processes: Processes,
  now?: number,
): boolean {
  const life = processes.lifeOf(process);
  return life === "dead" || (life === "unknown" && isLongAgo(begun, now));
}

function isLeft({ process, at }: Batch, processes: Processes): boolean {
  return isAbandoned({ process, begun: at.getTime() }, processes);
}

function idsOf({ adds, removes }: Batch): string[] {
  return [...adds, ...removes];
}

/**
 * Does what is left to do, unless `shouldStop` ends it early. Returns whether all of it is done.
 */
function finish(
  vault: Vault,
  batch: Batch,
  { shouldStop = () => false, tellAside }: Finishing,
): boolean {
  const listed = listedIds(vault, batch);
  if (!listed) return false;
  // read after the index: a batch is written before it takes a token out of the index
  const others = attempt(() => otherBatches(vault, batch));
  if (!others) return false;
  const replaced = new Set(others.flatMap(({ removes }) => removes));
  const isDone = (left: "adds" | "removes", work: (id: string) => void) =>
    batch[left].every((id) => listed.has(id) || (!shouldStop() && attempt(() => work(id) ?? true)));
  return (
    isDone("adds", (id) => {
      if (!replaced.has(id)) rmSync(vault.tokenCell(id).folder, { recursive: true, force: true });
    }) &&
    // a deleted token must not come back after the batch is gone
    attempt(() => syncTokens(vault) ?? true) === true &&
    isDone("removes", (id) => removeOnce(vault, id, { at: batch.at, tellAside }))
  );
}

/** The ids in the index; null where the index does not say what was listed. */
function listedIds(vault: Vault, batch: Batch): ReadonlySet<string> | null {
  if (!saysWhatIsListed(vault, batch)) return null;
  return attempt(() => new Set(vault.listed().map(({ id }) => id))) ?? null;
}

/**
 * Whether the index exists and can be read. `doctor` rebuilds a damaged or lost one from all
 * tokens.
 */
function saysWhatIsListed(vault: Vault, { isFirst }: Batch): boolean {
  const index = attempt(() => readCell(vault.indexCell()));
  return index === null ? isFirst : index !== undefined;
}

/**
 * The result of `work`, or undefined when it fails because of the disk or the token: the batch
 * stays, and a later command tries again.
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

/** Removes a token, unless another process removes it at the same time. */
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

/** The ids of batches that cannot be read: what they were to do is unknown. */
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
 * Puts unreadable batches aside. The tokens that they were adding are then listed, like every token
 * that has a folder.
 */
export function putBatchesAside({ layout }: Vault, ids: readonly string[]): void {
  for (const id of ids) putAside(layout.home, join(batchesFolder(layout), id), `batch-${id}`);
}

function otherBatches(vault: Vault, { id }: Batch): Batch[] {
  return batchIds(vault).flatMap((other) => (other === id ? [] : (read(vault, other) ?? [])));
}

function forgetBatch({ layout }: Vault, id: string): void {
  attempt(() => rmSync(join(batchesFolder(layout), id), { recursive: true, force: true }));
}

function write(vault: Vault, { id, ...rest }: Batch): void {
  updateCell(cellOf(vault, id), () => Buffer.from(JSON.stringify(rest)));
}

/** A batch; null when it is being written, was just deleted, or is damaged. */
function read(vault: Vault, id: string): Batch | null {
  const value = attempt(() => readCell(cellOf(vault, id)));
  if (!value) return null;
  const { at, ...rest } = JSON.parse(value.toString());
  return { ...rest, id, at: new Date(at) };
}

function cellOf({ layout, vaultKey }: Vault, id: string): Cell {
  return batchCell(layout, id, encryptingSeal(vaultKey));
}

/** The ids of all batches on disk. */
export function batchIds({ layout }: Vault): string[] {
  return namesIn(batchesFolder(layout)).filter((name) => BATCH_ID.test(name));
}
