import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { counterOf } from "#token/counter.ts";
import type { Credential } from "#token/credential.ts";
import { refuseUsedUp, takeCounter, usedUpBy } from "#vault/tokens/passcodes.ts";
import { isUnreadable } from "#vault/tokens/record-cell.ts";
import { type TokenRecord, withCounter } from "#vault/tokens/token-record.ts";
import type { TokenStore } from "#vault/tokens/token-store.ts";
import type { Chip, HeldKey, TokenCounter } from "./chip.ts";

type Counting = Credential & { readonly counter: bigint };

/** How far a counter of the chip catches up with the vault's by counting. */
const MOST_BEHIND = 16n;

/** The vault that notes what a chip has counted. */
type CountingStore = Pick<TokenStore, "layout" | "read" | "update">;

/**
 * Advances the counter of a token and returns the previous value, which nobody gets again: the chip
 * counts where the record names a counter of the chip. The vault only notes what it has counted, so
 * that an older folder gives no value a second time.
 */
export async function takeCount<C extends Counting>(
  store: CountingStore,
  chip: () => Chip,
  record: TokenRecord,
  credentialOf: (record: TokenRecord) => C,
): Promise<bigint> {
  const { id, name } = record.token;
  for (let current = record; ; current = store.read(id)) {
    const counter = current.held?.counter;
    if (!counter) return takeCounter(store, id, credentialOf);
    const count = (await chip().count(counter)) + BigInt(counter.offset);
    refuseUsedUp(name, count);
    const behind = note(store, id, counter, count);
    if (behind === 0n) return count;
    // another process was faster, or an older fob has counted without the chip
    if (behind !== null && behind > MOST_BEHIND)
      await moveCounter(store, chip(), current, count + behind);
  }
}

/**
 * Notes in the vault that a value was taken. Returns by how much the vault is ahead of it: 0 where
 * it was not, null where the record names another counter by now.
 */
function note(
  store: Pick<TokenStore, "update">,
  id: string,
  counter: TokenCounter,
  count: bigint,
): bigint | null {
  let behind: bigint | null = 0n;
  let name = id;
  try {
    store.update(id, (record) => {
      name = record.token.name;
      const noted = counterOf(record.token.credential) ?? 0n;
      behind = isNamedBy(record, counter) ? (noted > count ? noted - count : 0n) : null;
      return behind === 0n ? withCounter(record, count + 1n) : record;
    });
  } catch (error) {
    if (!(error instanceof FobError)) throw error;
    const hint = t("check the disk; the next passcode has the next counter");
    throw usedUpBy(error, { name, counter: count }, hint);
  }
  return behind;
}

/**
 * Makes the chip count from `next` on, or from where it is where that is further: with a new
 * counter, because no counter of a chip can be set. Folders that still name the old one can count
 * no more. A token whose vault counts is left as it is.
 */
export async function moveCounter(
  store: CountingStore,
  chip: Chip,
  { token: { id }, held }: TokenRecord,
  next: bigint,
): Promise<void> {
  const old = held?.counter;
  if (!old) return;
  const reached = (await chip.count(old)) + BigInt(old.offset);
  const first = next > reached ? next : reached;
  const counter = await newCounter(chip, store.layout.vaultId, first);
  let isReplaced = false;
  await storeCounter(
    store,
    () => chip,
    { id, counter },
    () => {
      store.update(id, (record) => {
        isReplaced = isNamedBy(record, old);
        if (!isReplaced || !record.held) return record;
        return withCounter({ ...record, held: { ...record.held, counter } }, first);
      });
    },
  );
  await chip.removeCounter(indexOf(isReplaced ? old : counter));
}

/** A counter of the chip, and the token that it was made for. */
interface NewCounter {
  readonly id: string;
  /** Absent where none was made. */
  readonly counter: TokenCounter | undefined;
}

/**
 * Does what stores a record with a new counter; where that fails, it goes as {@link dropCounter}
 * does.
 */
export async function storeCounter<T>(
  store: Pick<TokenStore, "read">,
  chip: () => Chip,
  made: NewCounter,
  work: () => T,
): Promise<T> {
  try {
    return work();
  } catch (error) {
    await dropCounter(store, chip, made);
    throw error;
  }
}

/**
 * Removes a new counter from the chip that no record names, because nothing was stored. A counter
 * that the chip keeps all the same is named by `fob doctor`.
 */
export async function dropCounter(
  store: Pick<TokenStore, "read">,
  chip: () => Chip,
  { id, counter }: NewCounter,
): Promise<void> {
  if (!counter) return;
  try {
    const stored = counterNamed(store, id);
    if (stored?.publicArea !== counter.publicArea) await chip().removeCounter(indexOf(counter));
  } catch (error) {
    // the first error is reported
    if (!(error instanceof FobError)) throw error;
  }
}

/** The counter of the chip that a token's record names; none where there is no such record. */
function counterNamed(store: Pick<TokenStore, "read">, id: string): TokenCounter | undefined {
  try {
    return store.read(id).held?.counter;
  } catch (error) {
    if (isUnreadable(error)) return undefined;
    throw error;
  }
}

/** The held key with a new counter of the chip, whose first value is the token's counter. */
export async function withChipCounter(
  chip: Chip,
  vaultId: string,
  held: HeldKey,
  credential: Credential,
): Promise<HeldKey> {
  const next = counterOf(credential);
  if (next === null) return held;
  return { ...held, counter: await newCounter(chip, vaultId, next) };
}

async function newCounter(chip: Chip, vaultId: string, next: bigint): Promise<TokenCounter> {
  const { value, ...counter } = await chip.makeCounter(vaultId);
  return { ...counter, offset: String(next - value - 1n) };
}

/** The index of a counter, with which its public area begins. */
export function indexOf({ publicArea }: Pick<TokenCounter, "publicArea">): number {
  return Buffer.from(publicArea, "base64").readUInt32BE();
}

function isNamedBy({ held }: TokenRecord, { publicArea, auth }: TokenCounter): boolean {
  return held?.counter?.publicArea === publicArea && held.counter.auth === auth;
}
