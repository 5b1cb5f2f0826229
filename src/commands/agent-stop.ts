import { describeStranger } from "../agent/control.ts";
import { defineCommand } from "../cli/command.ts";
import { t } from "../language.ts";

/** `fob agent stop`: ends the agent. */
export const agentStop = defineCommand({
  name: "agent stop",
  summary: "end the agent, as `fob lock` does",
  arguments: {},
  options: {},
  examples: [{ command: "fob agent stop", explanation: "the vault is locked" }],
  run: async (_, context) => (await context.agent()).stop(),
  text: () => "",
  json: ({ wasRunning }) => ({ wasRunning }),
  notes: ({ wasRunning, stranger }) => [
    ...(stranger === null ? [] : [describeStranger(stranger)]),
    wasRunning ? t("the agent has ended") : t("no agent was running"),
  ],
});
