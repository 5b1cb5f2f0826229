import { FobError } from "#base/fob-error.ts";

/** The result of one check of `fob doctor`. */
export interface Check {
  /** The stable name of the check: one or two words in kebab case. */
  readonly check: string;
  readonly status: "ok" | "warning" | "failed" | "skipped";
  /** One line. */
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
}

/** The result of a check that threw a FobError. Rethrows any other error. */
export function failure(check: string, error: unknown): Check {
  if (!(error instanceof FobError)) throw error;
  const { message, hint } = error;
  return { check, status: "failed", message, ...(hint === undefined ? {} : { hint }) };
}
