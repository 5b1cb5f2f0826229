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
