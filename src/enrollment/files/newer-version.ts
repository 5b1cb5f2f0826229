import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";

/**
 * Throws FobError `invalid` for a file of a version that is not known yet: what its fields mean may
 * have changed.
 */
export function refuseNewer(app: string, version: number | null | undefined, known: number): void {
  if (typeof version !== "number" || version <= known) return;
  throw new FobError(
    "invalid",
    t`this ${app} export has version ${version}, and fob reads ${known}`,
    {
      hint: t("a newer fob may read it; a list of Key URIs is read in any case"),
    },
  );
}
