import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";

/** The cause of the errors of {@link writtenByNewer}. */
const NEWER = "a newer fob";

/**
 * The error for data of an unknown, newer version, exit code 6. `what` names the data. The data is
 * not damaged: it must not be put aside or rebuilt from other data.
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

/** Whether an error reports damaged data, which may be put aside or rebuilt. */
export function isDamage(error: unknown): error is FobError {
  return error instanceof FobError && error.code === "invalid" && !isOfNewer(error);
}

/** What is read, or null where it is damaged; throws every other error. */
export function unlessDamaged<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (isDamage(error)) return null;
    throw error;
  }
}
