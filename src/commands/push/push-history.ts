import type { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { attemptAll } from "#cli/attempts.ts";
import { defineCommand, optional } from "#cli/command.ts";
import { formatMoment } from "#cli/output/moments.ts";
import type { Style } from "#cli/output/style.ts";
import { formatTable } from "#cli/output/table.ts";
import { findGranted } from "#commands/lookup.ts";
import { memoryJson } from "#push/push-json.ts";
import type { PushMemory } from "#push/request.ts";
import { findToken } from "#token/find-token.ts";
import type { Named } from "#token/names.ts";
import { printable } from "#token/printable.ts";
import { answerInWords } from "#token/push-answer.ts";
import { existingPush } from "./push-requests.ts";
import { wording } from "./push-view.ts";

interface History {
  readonly memories: readonly PushMemory[];
  readonly failures: readonly FobError[];
}

/** `fob push history`: what came of past login requests. */
export const pushHistory = defineCommand({
  name: "push history",
  summary: "show past login requests and what was answered",
  description: "The newest 20 of each token. No server is asked.",
  arguments: { name: optional("NAME", "name or id of a token; all of them without it", "token") },
  options: {},
  examples: [{ command: "fob push history vpn", explanation: "who logged in, or tried to" }],
  async run({ name }, context): Promise<History> {
    const { desk, tokens } = await existingPush(context);
    const all = tokens.map(({ token }) => token);
    const chosen = name === undefined ? all : [find(name, all, desk.grantLabel)];
    const { done, failures } = await attemptAll(chosen, ({ id }) => desk.history(id), context);
    const memories = done.flat().sort((a, b) => b.receivedAt.getTime() - a.receivedAt.getTime());
    return { memories, failures };
  },
  text: ({ memories }, style) => formatMemories(memories, style),
  json: ({ memories }) => memories.map(memoryJson),
  notes: ({ memories }) => (memories.length === 0 ? [t("no login request came yet")] : []),
  failures: ({ failures }) => failures,
});

function find<T extends Named>(name: string, tokens: readonly T[], grantLabel: string | null): T {
  return grantLabel === null ? findToken(name, tokens) : findGranted(name, tokens, grantLabel);
}

function formatMemories(memories: readonly PushMemory[], style: Style): string {
  if (memories.length === 0) return "";
  const rows = memories.map((memory) => [
    formatMoment(memory.receivedAt, style),
    printable(memory.token),
    printable(memory.server),
    wording(memory),
    inWords(memory),
  ]);
  return formatTable(
    [t("RECEIVED"), t("TOKEN"), t("SERVER"), t("REQUEST"), t("ANSWER")],
    rows,
    style,
  );
}

function inWords({ answer, isAccepted }: PushMemory): string {
  if (answer === null) return t("not answered");
  if (isAccepted === null) return t`${answerInWords(answer)}, not known whether in time`;
  return isAccepted ? answerInWords(answer) : t`${answerInWords(answer)}, not taken`;
}
