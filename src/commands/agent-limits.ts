import type { Limits } from "../agent/lifetime.ts";
import { value } from "../cli/command.ts";
import { durationMs } from "../cli/duration.ts";
import type { Settings } from "../cli/settings.ts";

/** How long an agent holds the vault open, as options. */
export const LIMIT_OPTIONS = {
  for: value("TIME", "lock after this time at the latest: 30m, 8h, 7d (agent.lifetime: 8h)"),
  idle: value("TIME", "lock when nothing was asked for this long (agent.idle: 1h)"),
} as const;

/** The limits that options or settings give. Throws as {@link Settings.choose} does. */
export function parseLimits(
  input: { readonly for: string | undefined; readonly idle: string | undefined },
  settings: Settings,
): Limits {
  return {
    totalMs: durationMs(settings.choose("agent.lifetime", input.for)),
    idleMs: durationMs(settings.choose("agent.idle", input.idle)),
  };
}
