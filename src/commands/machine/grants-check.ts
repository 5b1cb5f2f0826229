import { plural, t } from "#base/language.ts";
import type { Check } from "#cli/check.ts";
import { tokenIds } from "#vault/checkup.ts";
import { examineGrants, listGrants, mendGrants } from "#vault/grants/grants.ts";
import { removedIds } from "#vault/trash/removal.ts";
import type { Vault } from "#vault/vault.ts";

/** Examines the grants, and revokes damaged ones with `repair`. */
export function checkGrants(vault: Vault, repair: boolean, now: Date): Check {
  const check = "grants";
  const found = examineGrants(vault, now);
  const { list, dead } = found;
  if (list === null && dead.length === 0) {
    return {
      check,
      status: "ok",
      message: t`${plural(listGrants(vault).length, "grant")}, all of them whole`,
    };
  }
  const labels = dead.map(({ label }) => label).join(", ");
  if (repair) {
    mendGrants(vault, found, [...tokenIds(vault), ...removedIds(vault)]);
    const message =
      list === null
        ? t`ended grants that opened nothing: ${labels}`
        : t("all grants were ended, and all tokens have new keys");
    return { check, status: "ok", message };
  }
  if (list === null) {
    const hint = t("`fob doctor --repair` ends them; `fob access grant` makes new ones");
    return { check, status: "warning", message: t`grants that open nothing: ${labels}`, hint };
  }
  return {
    check,
    status: "failed",
    message: list,
    hint: t("`fob doctor --repair` ends all grants; make new ones then"),
  };
}
