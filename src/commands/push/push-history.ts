import type { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { attemptAll } from "#cli/attempts.ts";
import { defineCommand, optional } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { formatMoment } from "#cli/output/moments.ts";
import type { Style } from "#cli/output/style.ts";
import { formatTable } from "#cli/output/table.ts";
import type { PushInbox } from "#push/inbox/inbox.ts";
import { memoryJson } from "#push/push-json.ts";
import type { PushMemory } from "#push/push-request.ts";
import type { PushToken } from "#push/push-token.ts";
import { isTiqrToken } from "#push/tiqr/tiqr.ts";
import { findNamed } from "#token/find-token.ts";
import { printable } from "#token/printable.ts";
import { answerInWords } from "#token/push-answer.ts";
import { existingInbox, type InboxContext, refuseScanned, scannedTokens } from "./push-requests.ts";
import { wording } from "./push-view.ts";

interface History {
  readonly memories: readonly PushMemory[];
  readonly failures: readonly FobError[];
}

/** What `fob push history` needs of the context. */
export type PushHistoryContext = InboxContext & Pick<Context, "complain">;

/** `fob push history`: what came of past login requests. */
export const pushHistory = defineCommand({
  name: "push history",
  summary: "show past login requests and what was answered",
  description: "The newest 20 of each token. No server is asked.",
  arguments: { name: optional("NAME", "name or id of a token; all of them without it", "token") },
  options: {},
  examples: [{ command: "fob push history vpn", explanation: "who logged in, or tried to" }],
  isPaged: true,
  async run({ name }, context: PushHistoryContext): Promise<History> {
    const { inbox, tokens } = await existingInbox(context);
    const all = tokens.map(({ token }) => token);
    const chosen = name === undefined ? all : [await choose(name, all, inbox, context)];
    const { done, failures } = await attemptAll(chosen, ({ id }) => inbox.history(id), context);
    const memories = done.flat().sort((a, b) => b.receivedAt.getTime() - a.receivedAt.getTime());
    return { memories, failures };
  },
  text: ({ memories }, style) => formatMemories(memories, style),
  json: ({ memories }) => memories.map(memoryJson),
  notes: ({ memories }) => (memories.length === 0 ? [t("no login request came yet")] : []),
  failures: ({ failures }) => failures,
});

/**
 * The token with this NAME. Throws for one whose requests are scanned, as they are not remembered.
 */
async function choose(
  name: string,
  polled: readonly PushToken[],
  { grantLabel }: PushInbox,
  context: InboxContext,
): Promise<PushToken> {
  const found = findNamed(name, [...polled, ...(await scannedTokens(context))], grantLabel);
  if (isTiqrToken(found)) throw refuseScanned(found);
  return found;
}

function formatMemories(memories: readonly PushMemory[], style: Style): string {
  return formatTable(
    [
      [t("RECEIVED"), ({ receivedAt }) => formatMoment(receivedAt, style)],
      [t("TOKEN"), ({ token }) => printable(token)],
      [t("SERVER"), ({ server }) => printable(server)],
      [t("REQUEST"), wording],
      [t("ANSWER"), inWords],
    ],
    memories,
    style,
  );
}

function inWords({ answer, isAccepted }: PushMemory): string {
  if (answer === null) return t("not answered");
  if (isAccepted === null) return t`${answerInWords(answer)}, not known whether in time`;
  return isAccepted ? answerInWords(answer) : t`${answerInWords(answer)}, not taken`;
}
