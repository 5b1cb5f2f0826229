import { t } from "#base/language.ts";
import { defineCommand } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { requestJson } from "#push/push-json.ts";
import { existingInbox, findWaiting, type InboxContext, type Waiting } from "./push-requests.ts";
import { formatRequests } from "./push-view.ts";

interface Listed extends Waiting {
  readonly now: Date;
}

/** What `fob push list` needs of the context. */
export type PushListContext = InboxContext & Pick<Context, "pinPrompt" | "complain" | "clock">;

/** `fob push list`: the login requests that wait. */
export const pushList = defineCommand({
  name: "push list",
  summary: "show the login requests that wait for an answer",
  description: "Asks the servers, and shows what they signed. Nothing is answered.",
  arguments: {},
  options: {},
  examples: [{ command: "fob push list", explanation: "who wants to log in, the newest first" }],
  isPaged: true,
  async run(_, context: PushListContext): Promise<Listed> {
    const waiting = await findWaiting(await existingInbox(context), context.pinPrompt, context);
    return { ...waiting, now: context.clock() };
  },
  text: ({ requests, now }, style) => formatRequests(requests, now, style),
  json: ({ requests }) => requests.map(requestJson),
  notes: ({ requests, notes }) =>
    requests.length === 0 ? [...notes, t("no login request waits")] : notes,
  failures: ({ failures }) => failures,
});
