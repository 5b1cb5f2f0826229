import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";

/** The cause of every error that says so. */
const NEWER = "a newer fob";

/**
 * The error for data of a version that this fob does not know, exit code 6. `what` names the data.
 * It is not damage: nothing may be put aside, or made anew from other data.
 */
export function writtenByNewer(what: string): FobError {
  return new FobError("invalid", t`${what} was written by a newer fob`, {
    hint: t("update fob; nothing was changed"),
    cause: NEWER,
  });
}

/** Whether an error is one of {@link writtenByNewer}. */
export function isOfNewer(error: unknown): boolean {
  return error instanceof FobError && error.cause === NEWER;
}

/** Whether an error says that data is damaged: what it was can be put aside, or made anew. */
export function isDamage(error: unknown): error is FobError {
  return error instanceof FobError && error.code === "invalid" && !isOfNewer(error);
}
