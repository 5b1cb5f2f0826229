import type { AgentControl } from "#agent/client/control.ts";
import { defineCommand } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { existingVault } from "#commands/lookup.ts";
import { AGENT_OPTIONS, parseAgentOptions } from "./agent-options.ts";
import { describeAgent } from "./agent-view.ts";

/** What `fob unlock` needs of the context. */
export interface UnlockContext extends Pick<Context, "findVault" | "settings" | "pinentry"> {
  agent(): Promise<Pick<AgentControl, "start">>;
}

/** `fob unlock`: an agent holds the vault open. */
export const unlock = defineCommand({
  name: "unlock",
  summary: "hold the vault open for this session",
  description:
    "Asks for the app PIN, once, and starts an agent: until `fob lock`, or until its time is over, passcodes and challenges need neither PIN " +
    "nor keychain. Tokens with a PIN of their own still ask for it, and the app PIN is asked for again by what changes PINs, keys or grants, " +
    "or hands out secrets. What the agent understands besides is in docs/agent.md.",
  arguments: {},
  options: AGENT_OPTIONS,
  examples: [
    { command: "fob unlock", explanation: "until the evening, or an hour after the last passcode" },
    { command: "fob unlock --for 30m", explanation: "for half an hour" },
  ],
  async run(input, context: UnlockContext) {
    const options = parseAgentOptions(input, context);
    const agent = await context.agent();
    return agent.start(await existingVault(context), options);
  },
  text: describeAgent,
  json: (status) => status,
});
