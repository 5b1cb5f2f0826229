import { FobError } from "#base/fob-error.ts";
import { declared, t } from "#base/language.ts";
import { defineCommand, flag, value } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { parseDuration, parseWhole } from "#commands/values.ts";
import type { Lab } from "#lab/lab.ts";
import { type LabContext, openLab, USUAL_PORT } from "./lab-opening.ts";

type ServeContext = LabContext & Pick<Context, "untilTerminated">;

const LOOPBACK = "127.0.0.1";

/** `fob lab serve`: the lab's server. */
export const labServe = defineCommand({
  name: "lab serve",
  summary: "run the lab: a small authentication server to try things out with",
  description:
    "Users log in at its page with passcodes, push requests and challenges; devices enroll with it by privacyIDEA's push protocol, TiQR and " +
    "activation strings (docs/lab.md). It speaks plain HTTP and is for trying and testing, not for guarding anything: only this machine " +
    "can reach it unless --host says otherwise. Ctrl-C ends it.",
  arguments: {},
  options: {
    port: value("N", declared`where to listen (${USUAL_PORT}, or any other if that is taken)`),
    host: value(
      "ADDRESS",
      declared`on which address (${LOOPBACK}); any other than loopback opens the lab to the network`,
    ),
    for: value("DURATION", "end after this time: 90s, 30m, 8h"),
    old: flag("behave like privacyIDEA servers before decline reasons"),
  },
  examples: [
    { command: "fob lab serve", explanation: "prints its address and serves until Ctrl-C" },
    {
      command: "fob lab serve --port 8080 --for 10m",
      explanation: "for a test that may forget to end it",
    },
  ],
  async run({ port, host = LOOPBACK, for: duration, old }, context: ServeContext) {
    const forMs = duration === undefined ? null : parseDuration("--for", duration);
    const wanted = port === undefined ? null : parseWhole("--port", port, 0, 65_535);
    const server = await startServer(await openLab(context, old), host, wanted);
    // before the address is printed, so that a reader of the address can end the server at once;
    // and not before it listens, because a timer keeps a process running
    const ended = context.untilTerminated(forMs);
    return { server, ended, isOpen: !(await import("#lab/http/server.ts")).isLoopback(host) };
  },
  isData: true,
  text: ({ server }) => server.url,
  json: ({ server }) => ({ url: server.url, pid: process.pid }),
  notes: ({ isOpen }) => [
    t("this is a lab: it guards nothing, and speaks plain HTTP"),
    ...(isOpen
      ? [t("EVERYBODY ON THE NETWORK can reach it, see its secrets on their way, and log in")]
      : []),
  ],
  async goOn({ server, ended }) {
    await ended;
    await server.close();
  },
});

/** On the given port; by default on the usual port, or on a free one where that is taken. */
async function startServer(lab: Lab, host: string, port: number | null) {
  const { serveLab } = await import("#lab/serve-lab.ts");
  if (port !== null) return serveLab(lab, { host, port });
  try {
    return await serveLab(lab, { host, port: USUAL_PORT });
  } catch (error) {
    if (!(error instanceof FobError) || error.code !== "unavailable") throw error;
    return serveLab(lab, { host, port: 0 });
  }
}
