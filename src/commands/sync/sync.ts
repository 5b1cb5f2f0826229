import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { defineCommand, flag, value } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { checkRemote } from "#sync/git/address.ts";
import { runRound } from "#sync/round/round.ts";
import type { RoundReport } from "#sync/round/round-report.ts";
import { printable } from "#token/printable.ts";
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
    "signed, or less than it did before, 4 when this device was removed or another copy of its home is in use: nothing is changed then. docs/sync.md tells more.",
  arguments: {},
  options: {
    approve: value("WORDS", "approve the device whose screen shows these words"),
    trustRemote: flag("accept a remote that has gone back, because it was restored"),
    restored: flag("accept that this home is an older copy, and the only one in use"),
    remote: value("ADDRESS", "where the repository is from now on", "folder"),
    setPins: flag("take new PINs of tokens that arrive from the PIN source, where nobody is asked"),
  },
  examples: [
    { command: "fob sync", explanation: "takes over what is new, sends what is new here" },
    {
      command: "fob sync --approve lusab-babad-gutih-tugad",
      explanation: "lets the device join that shows these words",
    },
  ],
  async run(
    { approve, trustRemote, restored, remote, setPins },
    context: SessionContext & Pick<Context, "prompt">,
  ) {
    const address = remote === undefined ? undefined : checkRemote(remote);
    const { work } = await openSession(context);
    const { report } = await runRound(setPins ? { ...work, asksPins: true } : work, {
      approve: approval(approve, context),
      isTrusted: trustRemote,
      isRestored: restored,
      ...(address === undefined ? {} : { remote: address }),
    });
    return { report, isApproved: approve === undefined || report.approved.length > 0 };
  },
  text: ({ report }, style) => describeRound(report, style),
  json: ({ report }) => roundJson(report),
  notes: ({ report }) => roundNotes(report),
  failures: ({ report, isApproved }) => (isApproved ? [] : [nobodyApproved(report)]),
});

/** The error of words that no device shows: they were mistyped, or its request has ended. */
function nobodyApproved({ requests }: RoundReport): FobError {
  const message = t("no device that asks to join shows these words: none was approved");
  return new FobError("usage", message, {
    hint:
      requests.length === 0
        ? t("none asks: `fob sync invite` here, then `fob sync join` there")
        : printable(t`asking to join: ${requests.map(nameWithWords).join(", ")}`),
  });
}

function nameWithWords({ name, words }: RoundReport["requests"][number]): string {
  return `${name} (${words})`;
}
