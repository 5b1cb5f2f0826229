import type { Limits } from "../agent/lifetime.ts";
import { value } from "../cli/command.ts";
import { parseDuration } from "./values.ts";

/** How long an agent holds the vault open, as options. */
export const LIMIT_OPTIONS = {
  for: value("TIME", "lock after this time at the latest: 30m, 8h, 7d (8h)"),
  idle: value("TIME", "lock when nothing was asked for this long (1h)"),
} as const;

/** The limits that the options give. Throws FobError `usage`. */
export function parseLimits(input: { readonly for: string | undefined; readonly idle: string | undefined }): Limits {
  return {
    totalMs: parseDuration("--for", input.for ?? "8h"),
    idleMs: parseDuration("--idle", input.idle ?? "1h"),
  };
}
