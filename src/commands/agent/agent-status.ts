import { type AgentControl, type AgentReport, describeStranger } from "#agent/client/control.ts";
import { t } from "#base/language.ts";
import { defineCommand } from "#cli/command.ts";
import { formatFields } from "#cli/output/table.ts";
import { describeAgent } from "./agent-view.ts";

/** What `fob agent status` needs of the context. */
export interface AgentStatusContext {
  agent(): Promise<Pick<AgentControl, "report">>;
}

/** `fob agent status`: whether an agent holds the vault, and until when. */
export const agentStatus = defineCommand({
  name: "agent status",
  summary: "tell whether an agent holds the vault, and until when",
  description: "Exit code 8 when none does. Asking does not count as use.",
  arguments: {},
  options: {},
  examples: [
    {
      command: "fob agent status --quiet || fob unlock",
      explanation: "asks for the PIN only if it must",
    },
  ],
  run: async (_, context: AgentStatusContext): Promise<AgentReport> =>
    (await context.agent()).report(),
  text: ({ status }, style) =>
    status === null
      ? t("locked: no agent holds this vault")
      : formatFields(
          [
            [t("state"), describeAgent(status, style)],
            [t("process"), String(status.pid)],
            [t("socket"), status.socket],
          ],
          style,
        ),
  json: ({ status }) => (status === null ? { running: false } : { running: true, ...status }),
  notes: ({ stranger }) => (stranger === null ? [] : [describeStranger(stranger)]),
  exitCode: ({ status }) => (status === null ? 8 : 0),
});
