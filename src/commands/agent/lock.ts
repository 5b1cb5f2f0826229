import { type AgentControl, describeStranger } from "#agent/client/control.ts";
import { t } from "#base/language.ts";
import { defineCommand } from "#cli/command.ts";

/** What `fob lock` needs of the context. */
export interface LockContext {
  agent(): Promise<Pick<AgentControl, "stop">>;
}

/** `fob lock`: the agent forgets the vault. */
export const lock = defineCommand({
  name: "lock",
  summary: "lock the vault: the agent forgets it and ends",
  description:
    "When it returns, no process holds a key of the vault. It is no failure when nothing was unlocked.",
  arguments: {},
  options: {},
  examples: [{ command: "fob lock", explanation: "from now on the app PIN is asked for again" }],
  run: async (_, context: LockContext) => (await context.agent()).stop(),
  text: () => "",
  json: ({ wasRunning }) => ({ wasUnlocked: wasRunning }),
  notes: ({ wasRunning, stranger }) => [
    ...(stranger === null ? [] : [describeStranger(stranger)]),
    wasRunning ? t("locked") : t("nothing was unlocked"),
  ],
});
