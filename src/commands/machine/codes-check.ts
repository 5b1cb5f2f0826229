import { t } from "#base/language.ts";
import type { Check } from "#cli/check.ts";
import { findFewCodes, nameFew } from "#commands/few-codes.ts";
import { type CodesLeft, codesLeft, replaceCodesLeft } from "#vault/belongings/codes-left.ts";
import { countCodes } from "#vault/belongings/recovery-codes.ts";
import type { Vault } from "#vault/vault.ts";

/** Counts the recovery codes that are left; nothing where there are none. */
export function checkCodes(vault: Vault, repair: boolean): Check[] {
  const entries = vault.entries();
  const counted: CodesLeft = new Map(
    entries.flatMap(({ id }): [string, number][] => {
      const count = countCodes(vault, id);
      return count ? [[id, count.left]] : [];
    }),
  );
  const known = codesLeft(vault.layout);
  // those of removed tokens stay
  if (repair && !isKnown(counted, known))
    replaceCodesLeft(vault.layout, new Map([...known, ...counted]));
  if (counted.size === 0) return [];
  const few = findFewCodes(entries, counted);
  if (few.length === 0)
    return [{ check: "codes", status: "ok", message: t("enough recovery codes are left") }];
  return [
    {
      check: "codes",
      status: "warning",
      message: t`few recovery codes are left: ${nameFew(few)}`,
      hint: t("make new ones at the service, then `fob codes add NAME --replace`"),
    },
  ];
}

function isKnown(counted: CodesLeft, known: CodesLeft): boolean {
  return [...counted].every(([id, left]) => known.get(id) === left);
}
