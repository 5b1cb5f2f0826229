import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";

/**
 * Throws FobError `invalid` for a file of a version later than `known`: what its fields mean may
 * have changed.
 */
export function refuseNewer(app: string, version: number | null | undefined, known: number): void {
  if (typeof version === "number" && version > known) throw otherVersion(app, version, [known]);
}

/** Throws FobError `invalid` for a file of none of the known versions, an older one as well. */
export function refuseOtherVersion<const Known extends number>(
  app: string,
  version: number,
  ...known: readonly Known[]
): asserts version is Known {
  if (!known.some((one) => one === version)) throw otherVersion(app, version, known);
}

function otherVersion(app: string, version: number, known: readonly number[]): FobError {
  const isNewer = version > Math.max(...known);
  return new FobError(
    "invalid",
    t`this file of ${app} has version ${version}, and fob reads ${known.join(", ")}`,
    {
      hint: isNewer
        ? t("a newer fob may read it; a list of Key URIs is read in any case")
        : t`today's ${app} may open it, and export it again; a list of Key URIs is read in any case`,
    },
  );
}
