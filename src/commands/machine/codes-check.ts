import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { type Check, failure } from "#cli/check.ts";
import { findFewCodes, nameFew } from "#commands/few-codes.ts";
import type { TokenPlace } from "#vault/belongings/belongings-cell.ts";
import {
  type CodesLeft,
  damageOfCodesLeft,
  noteAllCodesLeft,
  renewCodesLeft,
} from "#vault/belongings/codes-left.ts";
import { type CodeCount, countCodes } from "#vault/belongings/recovery-codes.ts";
import { readSound, wasWiped } from "#vault/tokens/same-secret.ts";
import type { IndexEntry } from "#vault/tokens/token-index.ts";
import { inTrash, removedIds } from "#vault/trash/removal.ts";
import type { Vault } from "#vault/vault.ts";

/** Counts the recovery codes of the listed tokens that are left; nothing where there are none. */
export function checkCodes(vault: Vault, listed: readonly IndexEntry[], repair: boolean): Check[] {
  // what belonged to a wiped token went with its secret, which another check tells of
  const entries = listed
    .filter((entry) => !wasWiped(vault, entry))
    .map((entry) => currentOf(vault, entry));
  const counted = countAll(
    vault,
    entries.map(({ id }) => id),
  );
  const damage = damageOfCodesLeft(vault.layout);
  if (repair && damage)
    renewCodesLeft(
      vault.layout,
      new Map([...countAll(inTrash(vault), removedIds(vault)), ...counted]),
    );
  else if (repair) noteAllCodesLeft(vault.layout, counted);
  else if (damage)
    return [{ ...failure("codes", damage), hint: t("`fob doctor --repair` counts them anew") }];
  if (counted.size === 0 && entries.every(({ credential }) => credential.kind !== "list"))
    return [];
  const few = findFewCodes(entries, counted);
  if (few.length === 0)
    return [{ check: "codes", status: "ok", message: t("enough codes are left") }];
  return [
    {
      check: "codes",
      status: "warning",
      message: t`few codes are left: ${nameFew(few)}`,
      hint: t(
        "get new ones from the service: `fob codes add NAME --replace`, `fob enroll --codes FILE --replace` for a list",
      ),
    },
  ];
}

/** How many codes are left of each of these tokens that has any. */
function countAll(place: TokenPlace, ids: readonly string[]): CodesLeft {
  return new Map(
    ids.flatMap((id): [string, number][] => {
      const count = countUnlessUnread(place, id);
      return count ? [[id, count.left]] : [];
    }),
  );
}

/** Null for codes that cannot be read, too: another check tells of them. */
function countUnlessUnread(place: TokenPlace, id: string): CodeCount | null {
  try {
    return countCodes(place, id);
  } catch (error) {
    if (error instanceof FobError) return null;
    throw error;
  }
}

/** The index does not know which entries of a list are left. */
function currentOf(vault: Vault, entry: IndexEntry): IndexEntry {
  if (entry.credential.kind !== "list") return entry;
  return readSound(vault, entry.id)?.token ?? entry;
}
