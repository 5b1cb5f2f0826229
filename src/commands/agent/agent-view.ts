import type { AgentStatus } from "#agent/protocol/protocol.ts";
import { t } from "#base/language.ts";
import { formatMoment } from "#cli/output/moments.ts";
import type { Style } from "#cli/output/style.ts";

/** How long an agent holds the vault open, as text. */
export function describeAgent({ endsAt, idleSeconds }: AgentStatus, style: Style | null): string {
  return t`unlocked until ${formatMoment(new Date(endsAt), style)}, or ${formatDuration(idleSeconds)} after the last use`;
}

/** A duration for people: `90 s`, `30 min`, `8 h`. */
function formatDuration(seconds: number): string {
  if (seconds % 3_600 === 0) return `${seconds / 3_600} h`;
  return seconds % 60 === 0 ? t`${seconds / 60} min` : `${seconds} s`;
}
