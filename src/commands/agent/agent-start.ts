import type { AgentControl } from "#agent/client/control.ts";
import { quoteForShell } from "#base/shell-word.ts";
import { defineCommand, flag } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { existingVault } from "#commands/lookup.ts";
import { AGENT_OPTIONS, parseAgentOptions } from "./agent-options.ts";
import { describeAgent } from "./agent-view.ts";

/** What `fob agent start` needs of the context. */
export interface AgentStartContext extends Pick<Context, "findVault" | "settings" | "pinentry"> {
  agent(): Promise<Pick<AgentControl, "join" | "addressOf">>;
}

/** `fob agent start`: an agent for scripts and shells; one that is there already is left alone. */
export const agentStart = defineCommand({
  name: "agent start",
  summary: "start the agent unless it is there already",
  description:
    "As `fob unlock` does, for the start of a session: an agent that is there already goes on as it is. --export prints the line " +
    "that tells a shell and its programs where it listens.",
  arguments: {},
  options: {
    ...AGENT_OPTIONS,
    export: flag("print `export FOB_AGENT_SOCK=...` for the shell to evaluate"),
  },
  examples: [
    {
      command: 'eval "$(fob agent start --export)"',
      explanation: "in the profile of a login shell",
    },
  ],
  async run(input, context: AgentStartContext) {
    const agent = await context.agent();
    const status = await agent.join(
      () => existingVault(context),
      parseAgentOptions(input, context),
    );
    return { status, address: agent.addressOf(status), isExported: input.export };
  },
  isData: true,
  text: ({ status, address, isExported }, style) =>
    isExported ? exportLine(address) : describeAgent(status, style),
  json: ({ status }) => status,
});

function exportLine(address: string): string {
  return `export FOB_AGENT_SOCK=${quoteForShell(address)}`;
}
