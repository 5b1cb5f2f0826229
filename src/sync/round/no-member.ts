import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";

/** The cause by which the error is known. */
const NOT_APPROVED = new Error("not approved");

/** The error of a device that no member has approved yet. */
export function notApprovedYet(): FobError {
  return new FobError("unavailable", t("this device is not approved yet"), {
    hint: t("`fob sync` on the device that invited it shows the same words and asks"),
    cause: NOT_APPROVED,
  });
}

/** Whether an error is {@link notApprovedYet}. */
export function isNotApprovedYet(error: unknown): boolean {
  return error instanceof FobError && error.cause === NOT_APPROVED;
}

/** The error of a device that other members have removed. */
export function removedHere(): FobError {
  return new FobError("denied", t("this device was removed from the synchronisation"), {
    hint: t("its tokens stay; `fob sync leave` ends the synchronisation here"),
  });
}
