import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { RemoteBranches } from "#sync/git/repository.ts";
import type { SyncState } from "./sync-state.ts";

/** The causes by which the errors are known. */
const NOT_APPROVED = new Error("not approved");
const REFUSED = new Error("refused");
const REMOVED = new Error("removed");

/**
 * The error of a device that no member has approved: its request waits at the remote, or is gone.
 */
export function notApprovedYet(
  { joining }: Pick<SyncState, "joining">,
  { requests }: Pick<RemoteBranches, "requests">,
): FobError {
  if (joining && !requests.has(joining.id)) return refused();
  return new FobError("unavailable", t("this device is not approved yet"), {
    hint: t("`fob sync` on the device that invited it shows the same words and asks"),
    cause: NOT_APPROVED,
  });
}

function refused(): FobError {
  return new FobError("rejected", t("the request of this device was refused, or has ended"), {
    hint: t("`fob sync leave`, then `fob sync join` with a new invitation"),
    cause: REFUSED,
  });
}

/** Whether an error says that a request to join waits. */
export function isNotApprovedYet(error: unknown): boolean {
  return error instanceof FobError && error.cause === NOT_APPROVED;
}

/** Whether an error says that a request to join is gone. */
export function isRefused(error: unknown): boolean {
  return error instanceof FobError && error.cause === REFUSED;
}

/** The error of a device that other members have removed. */
export function removedHere(): FobError {
  return new FobError("denied", t("this device was removed from the synchronisation"), {
    hint: t("its tokens stay; `fob sync leave` ends the synchronisation here"),
    cause: REMOVED,
  });
}

/** Whether an error is {@link removedHere}. */
export function isRemovedHere(error: unknown): boolean {
  return error instanceof FobError && error.cause === REMOVED;
}
