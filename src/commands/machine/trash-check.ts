import { plural, t } from "#base/language.ts";
import type { Check } from "#cli/check.ts";
import { isOfNewer } from "#token/newer.ts";
import { removedIds } from "#vault/trash/removal.ts";
import { examineTrash, mendTrash, type TrashDamage } from "#vault/trash/trash.ts";
import type { Vault } from "#vault/vault.ts";

/** Examines the removed tokens, and repairs them with `repair`. */
export function checkTrash(vault: Vault, repair: boolean): Check {
  const check = "trash";
  const found = examineTrash(vault);
  const troubles = describe(found);
  if (troubles.length === 0) {
    return {
      check,
      status: "ok",
      message: t`${plural(removedIds(vault).length, "removed token")}, all of them whole`,
    };
  }
  if (repair) {
    mendTrash(vault, found);
    const newer = found.damaged.filter(({ error }) => isOfNewer(error));
    if (newer.length > 0)
      return { check, status: "failed", message: listed(newer.map(describeOne)) };
    return {
      check,
      status: "ok",
      message: t("what was damaged among the removed tokens was put aside"),
    };
  }
  return {
    check,
    status: found.damaged.length > 0 || found.calendar !== null ? "failed" : "warning",
    message: listed(troubles),
    hint: t("`fob doctor --repair` mends it, and keeps what is damaged as vault/damaged-..."),
  };
}

function describe({ calendar, damaged, doubled }: TrashDamage): string[] {
  return [
    ...damaged.map(describeOne),
    ...doubled.map((id) => t`${id} is in use and removed at once`),
    ...(calendar === null ? [] : [t`no removed token can ever go: ${calendar}`]),
  ];
}

function describeOne({ id, error }: TrashDamage["damaged"][number]): string {
  return t`removed token ${id}: ${error.message}`;
}

function listed(troubles: readonly string[]): string {
  return troubles.reduce((all, one) => t`${all}; ${one}`);
}
