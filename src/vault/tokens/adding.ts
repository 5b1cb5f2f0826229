import { existsSync } from "node:fs";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Look } from "#base/long-work.ts";
import type { RecoveryCode } from "#token/code-list.ts";
import { type EnrolledFields, type KeptFields, newlyEnrolled } from "#token/codec.ts";
import { FreeNames, fold } from "#token/names.ts";
import { forget } from "#token/secret.ts";
import type { Holding, Token } from "#token/token.ts";
import { keyOfSecret } from "#vault/belongings/belongings-key.ts";
import { noteAllCodesLeft } from "#vault/belongings/codes-left.ts";
import { sealNote, storeNote } from "#vault/belongings/note.ts";
import { sealCodes, storeCodes } from "#vault/belongings/recovery-codes.ts";
import { createCell } from "#vault/cells/cell.ts";
import { makeFolder } from "#vault/cells/cell-files.ts";
import { tokensFolder } from "#vault/cells/layout.ts";
import { dropCounter } from "#vault/chip/counting.ts";
import { holdSecret } from "#vault/chip/holding.ts";
import { newTokenId, type Vault } from "#vault/vault.ts";
import {
  beginBatch,
  extendBatch,
  finishBatch,
  finishSoon,
  isOurs,
  type Processes,
  syncTokens,
  type TellAside,
} from "./batch.ts";
import { goOnWhereReplacedAre } from "./same-secret.ts";
import type { IndexEntry } from "./token-index.ts";
import {
  createRecord,
  encodeRecord,
  guardRecord,
  type NewPin,
  type TokenRecord,
  unguardedSecretKey,
} from "./token-record.ts";

/**
 * The fields of a new token: all but those that the vault sets. A token from another vault brings
 * those as well.
 */
export type NewToken = EnrolledFields &
  Partial<Pick<Token, "id"> & KeptFields> & {
    readonly secret: Uint8Array;
    /** The PIN that protects it from its first write on; null for none. */
    readonly guard?: NewPin | null;
    /** The chip that holds its secret; null for the vault. */
    readonly hold?: Holding | null;
    /** Its note; null for none. */
    readonly note?: string | null;
    readonly recoveryCodes?: readonly RecoveryCode[];
  };

/** How tokens are added. */
export interface Adding {
  readonly now: Date;
  readonly processes: Processes;
  readonly look: Look;
  /** Called after each token that was written. */
  readonly step?: () => void;
  /** The ids of tokens that the new ones replace; they can be restored. */
  readonly replaced?: readonly string[];
  readonly tellAside?: TellAside | undefined;
  /** The entries that the caller has seen: others in the index were added meanwhile. */
  readonly seen?: readonly IndexEntry[];
  /**
   * Called right before the commit if other processes added tokens meanwhile, with those tokens and
   * with all that are listed. If it throws, nothing is added.
   */
  settleMeanwhile?(meanwhile: readonly IndexEntry[], all: readonly IndexEntry[]): LateSettlement;
  /**
   * Called right before the commit with the tokens that it lists, null for those left out, and with
   * the id of the batch; again where another process has changed the index since.
   */
  handOver?(tokens: readonly (Token | null)[], batch: string): void;
}

/** What to do about tokens that other processes added meanwhile. */
interface LateSettlement {
  /** The positions of new tokens that are left out because of them. */
  readonly leftOut: ReadonlySet<number>;
  /** The ids of further tokens that the new ones replace. */
  readonly replaced: readonly string[];
}

/**
 * Stores new tokens durably: all of them or none, even if the process is interrupted. A name that
 * is taken gets a number. Returns the stored tokens in the order of the new ones, with null for
 * each one that was left out. Rejects when `settleMeanwhile` throws, when the disk is full or
 * fails, or when another process has treated this one as gone; nothing is stored then.
 */
export async function addTokens(
  vault: Vault,
  newTokens: readonly NewToken[],
  adding: Adding,
): Promise<(Token | null)[]> {
  if (newTokens.length === 0 && !adding.replaced?.length) return [];
  const { now, processes, tellAside, replaced = [] } = adding;
  const wanted = newTokens.map(({ id = newTokenId() }) => id);
  let batch = beginBatch(vault, { adds: wanted, removes: replaced, at: now }, processes);
  let listed: (Token | null)[] = [];
  const held: TokenRecord[] = [];
  try {
    const tokens = await writeTokens(vault, newTokens, batch.adds, { ...adding, held });
    await adding.look();
    listed = list(vault, tokens, wishedNames(newTokens), adding, {
      id: batch.id,
      isOurs: () => isOurs(vault, batch),
      alsoRemove: (ids) => {
        batch = extendBatch(vault, batch, ids);
      },
    });
  } catch (error) {
    if (error instanceof FobError && error.code === "interrupted") finishSoon(vault, batch);
    else finishBatch(vault, batch);
    await dropCounters(vault, held);
    throw error;
  }
  finishBatch(vault, batch, { tellAside });
  await dropCounters(vault, held);
  try {
    // once more: nothing uses the replaced ones any longer
    return goOnFrom(vault, listed, batch.removes);
  } catch (error) {
    if (!(error instanceof FobError)) throw error;
    // a disk that fails now must not deny that the tokens are stored
    return listed;
  }
}

/** {@link goOnWhereReplacedAre}, where there may be tokens that were left out. */
function goOnFrom(
  vault: Vault,
  tokens: readonly (Token | null)[],
  replaced: readonly string[],
): (Token | null)[] {
  const stored = tokens.filter((token) => token !== null);
  const now = new Map(
    goOnWhereReplacedAre(vault, stored, replaced).map((token) => [token.id, token]),
  );
  return tokens.map((token) => token && (now.get(token.id) ?? token));
}

/** Removes the counters from the chip that were made for tokens which are not stored. */
async function dropCounters(vault: Vault, held: readonly TokenRecord[]): Promise<void> {
  for (const record of held) {
    const made = { id: record.token.id, counter: record.held?.counter };
    await dropCounter(vault, () => vault.chip(), made);
  }
}

function wishedNames(newTokens: readonly NewToken[]): readonly string[] {
  return newTokens.map(({ name }) => name);
}

/** Writes the tokens' own files. The tokens are not in use yet. `held` gets those of the chip. */
async function writeTokens(
  vault: Vault,
  newTokens: readonly NewToken[],
  ids: readonly string[],
  { now, look, step, replaced = [], held }: Adding & { readonly held: TokenRecord[] },
): Promise<Token[]> {
  const gone = new Set(replaced);
  const names = new FreeNames(
    vault.listed().flatMap(({ id, name }) => (gone.has(id) ? [] : fold(name))),
  );
  const tokens: Token[] = [];
  const codesLeft = new Map<string, number>();
  makeFolder(tokensFolder(vault.layout));
  for (const [i, newToken] of newTokens.entries()) {
    const { secret, guard, hold, note = null, recoveryCodes = [], ...rest } = newToken;
    await look();
    const name = names.next(rest.name);
    const token: Token = { ...newlyEnrolled(now), ...rest, id: ids[i] ?? newTokenId(), name };
    const bare = await recordOf(vault, token, { secret, hold: hold ?? null });
    if (bare.held) held.push(bare);
    const record = guard ? await guarded(vault, bare, guard) : bare;
    createCell(vault.tokenCell(token.id), encodeRecord(record));
    const left = storeBelongings(vault, token, secret, { note, recoveryCodes });
    if (left !== null) codesLeft.set(token.id, left);
    tokens.push(record.token);
    step?.();
  }
  // when the folders are there: a process that notes others meanwhile forgets tokens without one
  if (codesLeft.size > 0) noteAllCodesLeft(vault.layout, codesLeft);
  syncTokens(vault);
  return tokens;
}

/**
 * Writes what belongs to a new token, sealed under its secret. Returns how many recovery codes are
 * left, or null for none at all.
 */
function storeBelongings(
  vault: Vault,
  token: Token,
  secret: Uint8Array,
  { note, recoveryCodes }: Required<Pick<NewToken, "note" | "recoveryCodes">>,
): number | null {
  if (note === null && recoveryCodes.length === 0) return null;
  const key = keyOfSecret(token, secret);
  try {
    if (note !== null) storeNote(vault, token.id, sealNote(note, key));
    return recoveryCodes.length === 0
      ? null
      : storeCodes(vault, token.id, sealCodes(recoveryCodes, key));
  } finally {
    forget(key);
  }
}

async function recordOf(
  vault: Vault,
  token: Token,
  { secret, hold = null }: Pick<NewToken, "secret" | "hold">,
): Promise<TokenRecord> {
  const stored = createRecord(token, secret, vault.vaultKey);
  return hold ? await holdSecret(vault, stored, Buffer.from(secret), hold) : stored;
}

async function guarded(vault: Vault, record: TokenRecord, guard: NewPin): Promise<TokenRecord> {
  const { vaultKey } = vault;
  const secretKey = unguardedSecretKey(record, vaultKey);
  try {
    return await guardRecord(record, { vaultKey, secretKey, chip: () => vault.chip() }, guard);
  } finally {
    forget(secretKey);
  }
}

/** The batch that tokens are listed for. */
interface ListingBatch {
  readonly id: string;
  isOurs(): boolean;
  /** Records that more tokens will be removed. */
  alsoRemove(ids: readonly string[]): void;
}

/**
 * The commit: one update of the index lists the new tokens and drops those that they replace,
 * including those that other processes added meanwhile.
 */
function list(
  vault: Vault,
  tokens: readonly Token[],
  wished: readonly string[],
  adding: Adding,
  { id, isOurs, alsoRemove }: ListingBatch,
): (Token | null)[] {
  const { replaced = [], seen } = adding;
  const known = seen && new Set(seen.map(({ id }) => id));
  let listed: (Token | null)[] = [];
  try {
    vault.updateIndex((entries) => {
      if (!isOurs())
        throw new FobError(
          "unavailable",
          t("another process has taken this one for dead; nothing was stored"),
        );
      const meanwhile = known ? entries.filter(({ id }) => !known.has(id)) : [];
      const late = meanwhile.length > 0 ? adding.settleMeanwhile?.(meanwhile, entries) : undefined;
      const gone = new Set([...replaced, ...(late?.replaced ?? [])]);
      // before the index is written: a token that the index drops must be named by a batch
      if (late) alsoRemove(late.replaced);
      // as late as can be: they may have been used while the new ones were written
      const reached = goOnWhereReplacedAre(vault, tokens, [...gone]);
      const others = entries.filter(({ id }) => !gone.has(id));
      const names = new FreeNames(others.map(({ name }) => fold(name)));
      listed = reached.map((token, i) =>
        late?.leftOut.has(i) ? null : { ...token, name: names.next(wished[i] ?? token.name) },
      );
      adding.handOver?.(listed, id);
      return [...others, ...listed.filter((token) => token !== null)];
    });
  } catch (error) {
    if (!isListed(vault, listed)) throw error;
    // the index was written: a later failure changes nothing
  }
  for (const [i, token] of listed.entries()) {
    if (token && token.name !== tokens[i]?.name) setName(vault, token);
  }
  return listed;
}

/** Another process may have removed the token already: then its name does not matter. */
function setName(vault: Vault, { id, name }: Token): void {
  try {
    vault.setName(id, name);
  } catch (error) {
    if (existsSync(vault.tokenCell(id).folder)) throw error;
  }
}

function isListed(vault: Vault, listed: readonly (Token | null)[]): boolean {
  const first = listed.find((token) => token !== null);
  return first !== undefined && vault.listed().some(({ id }) => id === first.id);
}
