import type { AgentStatus } from "../agent/protocol.ts";
import { t } from "../language.ts";
import { formatMoment } from "./grant-view.ts";

/** Until when an agent holds the vault open, in words. */
export function describeAgent({ endsAt, idleSeconds }: AgentStatus): string {
  return t`unlocked until ${formatMoment(new Date(endsAt))}, or ${formatDuration(idleSeconds)} after the last use`;
}

/** A duration as people say it: `90 s`, `30 min`, `8 h`. */
function formatDuration(seconds: number): string {
  if (seconds % 3_600 === 0) return `${seconds / 3_600} h`;
  return seconds % 60 === 0 ? t`${seconds / 60} min` : `${seconds} s`;
}
