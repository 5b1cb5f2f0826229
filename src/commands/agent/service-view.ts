import type { SystemStep } from "#cli/system-plan.ts";

/** What was done to the service, or would be. */
export interface ServiceChange {
  readonly steps: readonly SystemStep[];
  readonly isDryRun: boolean;
}

/** {@link ServiceChange} for scripts. */
export function changeJson({ steps, isDryRun }: ServiceChange) {
  return { dryRun: isDryRun, steps };
}
