import { plural, t } from "#base/language.ts";
import type { Check } from "#cli/check.ts";
import { mendUses, readUses } from "#vault/uses/use-log.ts";
import type { Vault } from "#vault/vault.ts";

/** Looks through the log of uses; nothing where it is whole or was never written. */
export function checkAccessLog(vault: Vault, repair: boolean): Check[] {
  const { damaged } = readUses(vault);
  if (damaged === 0) return [];
  const check = "access log";
  const entries = plural(damaged, "entry", "entries");
  if (!repair)
    return [
      {
        check,
        status: "warning",
        message: t`${entries} of the log of uses cannot be read`,
        hint: t("`fob doctor --repair` removes them"),
      },
    ];
  mendUses(vault);
  return [{ check, status: "ok", message: t`${entries} that could not be read were removed` }];
}
