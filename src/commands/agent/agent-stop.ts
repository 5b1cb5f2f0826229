import { type AgentControl, describeStranger } from "#agent/client/control.ts";
import { t } from "#base/language.ts";
import { defineCommand } from "#cli/command.ts";

/** What `fob agent stop` needs of the context. */
export interface AgentStopContext {
  agent(): Promise<Pick<AgentControl, "stop">>;
}

/** `fob agent stop`: ends the agent. */
export const agentStop = defineCommand({
  name: "agent stop",
  summary: "end the agent, as `fob lock` does",
  arguments: {},
  options: {},
  examples: [{ command: "fob agent stop", explanation: "the vault is locked" }],
  run: async (_, context: AgentStopContext) => (await context.agent()).stop(),
  text: () => "",
  json: ({ wasRunning }) => ({ wasRunning }),
  notes: ({ wasRunning, stranger }) => [
    ...(stranger === null ? [] : [describeStranger(stranger)]),
    wasRunning ? t("the agent has ended") : t("no agent was running"),
  ],
});
