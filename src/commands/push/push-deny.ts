import { FobError } from "#base/fob-error.ts";
import { plural, t } from "#base/language.ts";
import { defineCommand, flag, optional } from "#cli/command.ts";
import {
  type Answered,
  type AnsweringContext,
  answeredJson,
  answerRequest,
  chooseRequest,
  leftOut,
  openRequests,
} from "./push-requests.ts";
import { formatAnswered } from "./push-view.ts";

interface Denied {
  readonly denied: readonly Answered[];
  readonly isAll: boolean;
  readonly notes: readonly string[];
  /** That of the first token that could not be asked, or of the first denial that failed. */
  readonly exitCode: number;
}

/** `fob push deny`: denies a login. */
export const pushDeny = defineCommand({
  name: "push deny",
  summary: "deny a login request, or all of them",
  description:
    "Without ID, the only request that waits. --report tells the server besides that it was not you who started the login: somebody may know your " +
    "password.",
  arguments: {
    id: optional("ID", "the request, as `fob push list` shows it; its beginning is enough"),
  },
  options: {
    report: flag("it was not you: tell the server"),
    all: flag("every request that waits"),
  },
  examples: [
    { command: "fob push deny --report", explanation: "the one that waits, and it was not you" },
    { command: "fob push deny --all --report", explanation: "somebody floods you with requests" },
  ],
  async run({ id, report, all }, context: AnsweringContext): Promise<Denied> {
    if (all && id !== undefined)
      throw new FobError("usage", t("--all and an ID exclude each other"));
    const open = await openRequests(context);
    const { requests } = open;
    const notes = [...open.notes, ...leftOut(open)];
    const answer = { kind: "deny", isReport: report } as const;
    if (!all) {
      const denied = await answerRequest(open, chooseRequest(open, id, context), answer);
      return { denied: [denied], isAll: false, notes, exitCode: 0 };
    }
    const { denied, failures } = await open.inbox.denyAll(
      requests.map((request) => request.id),
      report,
    );
    const [failure] = failures;
    if (failure && denied.length === 0) throw failure.error;
    const failed = new Set(failures.map(({ token }) => token));
    const missed = requests.filter(
      ({ id, token }) => !denied.includes(id) && !failed.has(token),
    ).length;
    const late = missed === 0 ? [] : [t`${plural(missed, "denial")} came too late`];
    return {
      denied: requests
        .filter(({ id }) => denied.includes(id))
        .map((request) => ({ request, answer, outcome: { isAccepted: true } })),
      isAll: true,
      notes: [
        ...notes,
        ...failures.map(({ token, error }) => t`${token}: ${error.message}`),
        ...late,
      ],
      exitCode: open.failures[0]?.exitCode ?? failure?.error.exitCode ?? 0,
    };
  },
  text: ({ denied, isAll }, style) =>
    isAll
      ? t`denied ${plural(denied.length, "login request")}`
      : denied.map((one) => formatAnswered(one, style)).join("\n"),
  json: ({ denied, isAll }) => (isAll ? denied.map(answeredJson) : denied.map(answeredJson)[0]),
  notes: ({ notes }) => notes,
  exitCode: ({ exitCode }) => exitCode,
});
