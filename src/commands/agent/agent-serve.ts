import { defineCommand } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { parseAgentOptions } from "./agent-options.ts";

type ServeContext = Pick<Context, "settings" | "pinentry" | "serveAgent">;

/** `fob agent serve`: the agent as a service of systemd. */
export const agentServe = defineCommand({
  name: "agent serve",
  summary: "be the agent at a socket that systemd passes",
  description:
    "The units of `fob agent install` start this; nobody has to type it. It takes over one socket (LISTEN_FDS) and holds no key, until " +
    "`fob unlock` gives it the vault, or a program needs it: then it opens the vault, and asks for the app PIN by pinentry. Once the vault is " +
    "locked, it ends.",
  arguments: {},
  options: {},
  examples: [
    {
      command: "systemd-socket-activate -l /run/user/1000/fob.sock fob agent serve",
      explanation: "as systemd does, to try it out",
    },
  ],
  run: (_, context: ServeContext): Promise<never> => {
    const asked = { for: undefined, idle: undefined, push: false, notify: false };
    return context.serveAgent(parseAgentOptions(asked, context));
  },
  text: () => "",
  json: () => undefined,
});
