import type { AgentOptions } from "#agent/client/control.ts";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { flag, value } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { durationMs } from "#cli/duration.ts";
import { NEVER } from "#cli/settings/setting-kinds.ts";

/** The options for how long an agent holds the vault open and for its polling. */
export const AGENT_OPTIONS = {
  for: value("TIME", "lock after this time at the latest: 30m, 8h, 7d (agent.lifetime: 8h)"),
  idle: value("TIME", "lock when nothing was asked for this long (agent.idle: 1h)"),
  push: flag("ask for login requests of tokens without PIN, and remember them"),
  notify: flag("with --push: ask about them by notification of the desktop (push.notify: false)"),
} as const;

/** The options that options or settings give. Throws as {@link Settings.choose} does. */
export function parseAgentOptions(
  input: {
    readonly for: string | undefined;
    readonly idle: string | undefined;
    readonly push: boolean;
    readonly notify: boolean;
  },
  { settings, pinentry }: Pick<Context, "settings" | "pinentry">,
): AgentOptions {
  if (input.notify && !input.push)
    throw new FobError("usage", t("--notify needs --push: it is about login requests"));
  const totalMs = durationMs(settings.choose("agent.lifetime", input.for));
  const limits = { totalMs, idleMs: durationMs(settings.choose("agent.idle", input.idle)) };
  const notify = input.push && settings.choose("push.notify", input.notify ? "true" : undefined);
  const locksWithScreen = settings.choose("agent.lock-with-screen", undefined);
  const every = settings.choose("sync.every", undefined);
  const syncMs = every === NEVER ? null : durationMs(every);
  return { limits, push: input.push, notify, syncMs, pinentry, locksWithScreen };
}
