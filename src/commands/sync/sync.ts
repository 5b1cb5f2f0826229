import { defineCommand, flag, value } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { runRound } from "#sync/round/round.ts";
import { approval } from "./approval.ts";
import { describeRound, roundJson, roundNotes } from "./round-view.ts";
import { openSession, type SessionContext } from "./sync-session.ts";

/** `fob sync`: one synchronisation with the other devices. */
export const sync = defineCommand({
  name: "sync",
  summary: "have the same tokens on several machines, over a git repository of yours",
  description:
    "Fetches what the other devices have changed, checks and merges it, and sends what this one has. Everything is encrypted for the devices " +
    "that are members; git only carries it. Exit code 8 when the remote cannot be reached, 7 when it shows something that no member has " +
    "signed, or less than it did before: nothing is changed then. docs/sync.md tells more.",
  arguments: {},
  options: {
    approve: value("WORDS", "approve the device whose screen shows these words"),
    trustRemote: flag("accept a remote that has gone back, because it was restored"),
  },
  examples: [
    { command: "fob sync", explanation: "takes over what is new, sends what is new here" },
    {
      command: "fob sync --approve lusab-babad-gutih-tugad",
      explanation: "lets the device join that shows these words",
    },
  ],
  async run({ approve, trustRemote }, context: SessionContext & Pick<Context, "prompt">) {
    const { work } = await openSession(context);
    const { report } = await runRound(work, {
      approve: approval(approve, context),
      isTrusted: trustRemote,
    });
    return report;
  },
  text: describeRound,
  json: roundJson,
  notes: roundNotes,
});
