import { FobError } from "#base/fob-error.ts";
import { plural, t } from "#base/language.ts";
import { type Check, failure } from "#cli/check.ts";
import { nameSome } from "#commands/naming.ts";
import { isDamage } from "#token/newer.ts";
import { tokenIds } from "#vault/checkup.ts";
import { indexOf } from "#vault/chip/counting.ts";
import type { IndexEntry } from "#vault/tokens/token-index.ts";
import type { TokenRecord } from "#vault/tokens/token-record.ts";
import { readRemoved, removedIds } from "#vault/trash/removal.ts";
import type { Vault } from "#vault/vault.ts";

/** More names than this are only counted. */
const MAX_NAMED = 3;

/**
 * Compares the counters that the chip has for this vault with those that its tokens name; nothing
 * where there are none. With `repair`, those that no token names are removed from the chip.
 */
export async function checkCounters(
  vault: Vault,
  listed: readonly IndexEntry[],
  repair: boolean,
): Promise<Check[]> {
  const counted = listed.some(({ heldBy }) => heldBy !== null);
  try {
    const there = await vault.chip().countersOf(vault.layout.vaultId);
    if (there.length === 0 && !counted) return [];
    return await compare(vault, there, repair);
  } catch (error) {
    if (!(error instanceof FobError)) throw error;
    return counted ? [{ ...failure("counters", error), status: "warning" }] : [];
  }
}

async function compare(vault: Vault, there: readonly number[], repair: boolean): Promise<Check[]> {
  const check = "counters";
  const { records, isWhole } = readAll(vault);
  const named = new Map(
    records.flatMap(({ token, held }) =>
      held?.counter ? [[indexOf(held.counter), token.name] as const] : [],
    ),
  );
  const left = there.filter((index) => !named.has(index));
  const lost = [...named].filter(([index]) => !there.includes(index)).map(([, name]) => name);
  const hex = left.map((index) => `0x${index.toString(16).padStart(8, "0")}`).join(", ");
  if (lost.length > 0)
    return [
      {
        check,
        status: "warning",
        message: t`the TPM has no counter any more for ${nameSome(lost, MAX_NAMED)}`,
        hint: t("put back the newest copy of the vault folder, or enroll these tokens anew"),
      },
    ];
  if (left.length === 0)
    return named.size === 0
      ? []
      : [{ check, status: "ok", message: t`the TPM counts for ${plural(named.size, "token")}` }];
  if (repair && isWhole) {
    for (const index of left) await vault.chip().removeCounter(index);
    return [
      { check, status: "ok", message: t`removed from the TPM what no token counts with: ${hex}` },
    ];
  }
  return [
    {
      check,
      status: "warning",
      message: t`the TPM has counters of this vault that none of its tokens names: ${hex}`,
      hint: t(
        "--repair removes them; not where a newer copy of this vault folder is to be put back",
      ),
    },
  ];
}

/** All tokens in use and removed ones. `isWhole`: each of them could be read. */
function readAll(vault: Vault) {
  const found = [
    ...tokenIds(vault).map((id) => readToken(vault, id)),
    ...removedIds(vault).map((id) => readRemoved(vault, id)),
  ];
  const records: TokenRecord[] = found.filter((one) => one !== null && "token" in one);
  return { records, isWhole: records.length === found.length };
}

function readToken(vault: Vault, id: string): TokenRecord | null {
  try {
    return vault.read(id);
  } catch (error) {
    if (isDamage(error)) return null;
    throw error;
  }
}
