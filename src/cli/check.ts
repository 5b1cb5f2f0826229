import { FobError } from "#base/fob-error.ts";

/** What one check of `fob doctor` found. */
export interface Check {
  /** What was looked at: a stable name of one word or two, in kebab case. */
  readonly check: string;
  readonly status: "ok" | "warning" | "failed" | "skipped";
  /** One line. */
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
}

/** A check that ended in an error of ours. */
export function failure(check: string, error: unknown): Check {
  if (!(error instanceof FobError)) throw error;
  const { message, hint } = error;
  return { check, status: "failed", message, ...(hint === undefined ? {} : { hint }) };
}
