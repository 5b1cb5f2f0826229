import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { defineCommand, flag, optional, value } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { findOption } from "#push/option.ts";
import type { PushRequest } from "#push/push-request.ts";
import {
  type Answered,
  type AnsweringContext,
  answeredJson,
  answerRequest,
  chooseRequest,
  leftOut,
  type OpenRequests,
  openRequests,
  WrongChoice,
} from "./push-requests.ts";
import { formatAnswered, optionWord, wording } from "./push-view.ts";
import {
  approveTiqr,
  formatTiqrLogin,
  readTiqrChallenge,
  type TiqrContext,
  type TiqrLogin,
  type TiqrSourceContext,
  tiqrLoginJson,
} from "./tiqr-answer.ts";

type Approved = { readonly notes: readonly string[] } & (
  | { readonly kind: "request"; readonly answered: Answered }
  | { readonly kind: "tiqr"; readonly login: TiqrLogin }
);

/** What `fob push approve` needs of the context. */
export type PushApproveContext = AnsweringContext & TiqrContext & TiqrSourceContext;

/** `fob push approve`: approves a login. */
export const pushApprove = defineCommand({
  name: "push approve",
  summary: "approve a login request",
  description:
    "Without ID, the only request that waits: it is shown and asked about first, and without a terminal only --yes approves it. Where the login page shows a number, " +
    "--choice says which. A token with a PIN asks for it. Prints the code that the login page wants, where it wants one. Exit code 7 when the " +
    "server does not take it. ID may also be the tiqrauth:// text that a TiQR login page shows, - for standard input: the token of that service answers it.",
  arguments: {
    id: optional(
      "ID",
      "the request, as `fob push list` shows it, or its beginning; or a TiQR challenge, and with --qr a NAME",
    ),
    name: optional("NAME", "the token that answers a TiQR challenge, where several fit", "token"),
  },
  options: {
    qr: value("FILE", "read a TiQR challenge from a picture of its QR code", "file"),
    choice: value("N", "what the login page shows, where several are offered"),
    yes: flag("do not ask back without the ID of a request"),
  },
  examples: [
    { command: "fob push approve", explanation: "the request that you are waiting for" },
    {
      command: "fob push approve 3f2a --choice 42",
      explanation: "one of several, whose login page shows 42",
    },
    { command: "fob push approve --qr login.png", explanation: "the QR code of a TiQR login page" },
  ],
  async run(input, context: PushApproveContext): Promise<Approved> {
    const challenge = await readTiqrChallenge(input, context);
    if (challenge === null) return approveRequest(input, context);
    if (input.choice !== undefined)
      throw new FobError("usage", t("a TiQR login offers nothing to choose from"));
    return { kind: "tiqr", login: await approveTiqr(challenge, input.yes, context), notes: [] };
  },
  text: (approved, style) =>
    approved.kind === "tiqr"
      ? formatTiqrLogin(approved.login, style)
      : formatAnswered(approved.answered, style),
  json: (approved) =>
    approved.kind === "tiqr" ? tiqrLoginJson(approved.login) : answeredJson(approved.answered),
  notes: ({ notes }) => notes,
});

interface GivenInput {
  readonly id: string | undefined;
  readonly choice: string | undefined;
  readonly yes: boolean;
}

async function approveRequest(
  { id, choice, yes }: GivenInput,
  context: AnsweringContext & Pick<Context, "prompt" | "complain">,
): Promise<Approved> {
  const open = await openRequests(context);
  const request = chooseRequest(open, id, context);
  // who gives an ID has read the request in a list; the name of its token says nothing of it
  const isListed = id !== undefined && request.id.startsWith(id.toLowerCase());
  // and who gives the option knows what the login page shows
  const isChosen = choice !== undefined && !context.prompt.available;
  const isConfirmed = isListed || isChosen || yes;
  const isAsked = choice === undefined && request.options.length > 0;
  // who types an option has seen the login page, and needs no other question
  if (!isConfirmed && !isAsked) await confirm(request, context);
  const answered =
    choice === undefined
      ? await approveByAsking(request, open, { ...context, isConfirmed })
      : await answerRequest(open, request, { kind: "approve", choice });
  return { kind: "request", answered, notes: [...open.notes, ...leftOut(open)] };
}

interface AskingForChoice extends Pick<Context, "prompt" | "complain"> {
  /** Whether the person knows already what is to be approved. */
  readonly isConfirmed: boolean;
}

/** Approves with the option that the person types, who may type another one after a wrong one. */
async function approveByAsking(
  request: PushRequest,
  open: OpenRequests,
  context: AnsweringContext & AskingForChoice,
): Promise<Answered> {
  for (;;) {
    const choice = await askForChoice(request, context);
    try {
      return await answerRequest(open, request, { kind: "approve", choice });
    } catch (error) {
      if (!(error instanceof WrongChoice) || !(await isOpen(request, open))) throw error;
      context.complain(error);
    }
  }
}

/** Whether a request still waits at its server. */
async function isOpen({ id, tokenId }: PushRequest, { inbox }: OpenRequests): Promise<boolean> {
  const { requests } = await inbox.poll(tokenId);
  return requests.some((one) => one.id === id);
}

async function confirm(request: PushRequest, { prompt }: Pick<Context, "prompt">): Promise<void> {
  const question = t`${request.token} at ${request.server} asks: ${wording(request)}. Did you start this login?`;
  if (!(await prompt.confirm(question, t("an ID or --yes"))))
    throw new FobError("interrupted", t("nothing was answered"));
}

/** Asks for an option, which has to be typed: nothing is chosen for the person. */
async function askForChoice(
  request: PushRequest,
  { prompt, complain, isConfirmed }: AskingForChoice,
): Promise<string | null> {
  const { options } = request;
  if (options.length === 0) return null;
  const offered = options.map(optionWord).join(", ");
  const question = isConfirmed
    ? t`Which one does the login page show? ${offered}`
    : t`${request.token} at ${request.server} asks: ${wording(request)}. Which one does the login page show? ${offered}`;
  for (;;) {
    const typed = (await prompt.text(question, `--choice (${options.join(", ")})`)).trim();
    const choice = findOption(options, typed);
    if (choice !== null) return choice;
    complain(new FobError("usage", t`${JSON.stringify(typed)} is none of ${offered}`));
  }
}
