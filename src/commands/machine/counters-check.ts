import { FobError } from "#base/fob-error.ts";
import { plural, t } from "#base/language.ts";
import { type Check, failure } from "#cli/check.ts";
import { nameSome } from "#commands/naming.ts";
import { tokenIds } from "#vault/checkup.ts";
import { indexOf } from "#vault/chip/counting.ts";
import { batchIds } from "#vault/tokens/batch.ts";
import { readSound } from "#vault/tokens/same-secret.ts";
import type { IndexEntry } from "#vault/tokens/token-index.ts";
import type { TokenRecord } from "#vault/tokens/token-record.ts";
import { readRemoved, removedIds } from "#vault/trash/removal.ts";
import type { Vault } from "#vault/vault.ts";

/** More names than this are only counted. */
const MAX_NAMED = 3;

const CHECK = "counters";

/** The counters that the chip has for a vault, and the tokens that name one. */
interface Counters {
  readonly there: readonly number[];
  /** The names of tokens by the index of their counter. */
  readonly named: ReadonlyMap<number, string>;
  /** The counters that no token names. */
  readonly left: readonly number[];
  /** Whether each token could be read, and none is being added. */
  readonly isWhole: boolean;
}

/**
 * Compares the counters that the chip has for this vault with those that its tokens name; nothing
 * where there are none. With `repair`, those that no token names are removed from the chip, where a
 * second look after `pause` finds the same: a counter is made before its token names it.
 */
export async function checkCounters(
  vault: Vault,
  listed: readonly IndexEntry[],
  { repair, pause }: { readonly repair: boolean; readonly pause: () => Promise<void> },
): Promise<Check[]> {
  const hasHeld = listed.some(({ heldBy }) => heldBy !== null);
  try {
    const there = await vault.chip().countersOf(vault.layout.vaultId);
    if (there.length === 0 && !hasHeld) return [];
    const found = compare(vault, there);
    const mended = repair ? await removeLeft(vault, found, pause) : null;
    return mended ? [mended] : describe(found);
  } catch (error) {
    if (!(error instanceof FobError)) throw error;
    return hasHeld ? [{ ...failure(CHECK, error), status: "warning" }] : [];
  }
}

function compare(vault: Vault, there: readonly number[]): Counters {
  const found = [
    ...tokenIds(vault).map((id) => readSound(vault, id)),
    ...removedIds(vault).map((id) => readRemoved(vault, id)),
  ];
  const records: TokenRecord[] = found.filter((one) => one !== null && "token" in one);
  const named = new Map(
    records.flatMap(({ token, held }) =>
      held?.counter ? [[indexOf(held.counter), token.name] as const] : [],
    ),
  );
  return {
    there,
    named,
    left: there.filter((index) => !named.has(index)),
    isWhole: records.length === found.length && batchIds(vault).length === 0,
  };
}

/** Null where there is nothing to remove, or not all tokens are known. */
async function removeLeft(
  vault: Vault,
  found: Counters,
  pause: () => Promise<void>,
): Promise<Check | null> {
  if (found.left.length === 0 || lostOf(found).length > 0 || !found.isWhole) return null;
  await pause();
  const again = compare(vault, found.left);
  if (!again.isWhole || again.left.length === 0) return null;
  for (const index of again.left) await vault.chip().removeCounter(index);
  const message = t`removed from the TPM what no token counts with: ${inHex(again.left)}`;
  return { check: CHECK, status: "ok", message };
}

function describe(found: Counters): Check[] {
  const { named, left } = found;
  const lost = lostOf(found);
  if (lost.length > 0)
    return [
      {
        check: CHECK,
        status: "warning",
        message: t`the TPM has no counter any more for ${nameSome(lost, MAX_NAMED)}`,
        hint: t("put back the newest copy of the vault folder, or enroll these tokens anew"),
      },
    ];
  if (left.length > 0)
    return [
      {
        check: CHECK,
        status: "warning",
        message: t`the TPM has counters of this vault that none of its tokens names: ${inHex(left)}`,
        hint: t(
          "--repair removes them; not where a newer copy of this vault folder is to be put back",
        ),
      },
    ];
  return named.size === 0
    ? []
    : [
        {
          check: CHECK,
          status: "ok",
          message: t`the TPM counts for ${plural(named.size, "token")}`,
        },
      ];
}

/** The names of tokens whose counter the chip does not have any more. */
function lostOf({ there, named }: Counters): string[] {
  return [...named].filter(([index]) => !there.includes(index)).map(([, name]) => name);
}

function inHex(indices: readonly number[]): string {
  return indices.map((index) => `0x${index.toString(16).padStart(8, "0")}`).join(", ");
}
