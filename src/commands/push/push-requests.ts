import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { attemptAll, failureOf, refuseFailures, refuseNothingDone } from "#cli/attempts.ts";
import type { Context } from "#cli/context.ts";
import { nothingEnrolled } from "#commands/lookup.ts";
import { describeOffset, isClockOff } from "#push/clock-offset.ts";
import type { InboxToken, PolledRequests, PushInbox } from "#push/inbox/inbox.ts";
import { type PushOutcome, type PushRequest, waitsOn } from "#push/push-request.ts";
import { isTiqrToken, type TiqrToken } from "#push/tiqr/tiqr.ts";
import { answerWord, type PushAnswer } from "#token/push-answer.ts";
import type { PinPrompt } from "#vault/pins/pin-prompt.ts";

/** What finding the tokens of login requests needs of the context. */
export type InboxContext = Pick<Context, "findPush" | "findTokens">;

/**
 * The inbox of login requests, and the tokens that they can come for. Throws FobError `not-found`
 * when there is none.
 */
export async function existingInbox(
  context: InboxContext,
): Promise<{ inbox: PushInbox; tokens: readonly InboxToken[] }> {
  const inbox = (await context.findPush()) ?? nothingEnrolled();
  const tokens = await inbox.tokens();
  if (tokens.length > 0) return { inbox, tokens };
  const [scanned] = await scannedTokens(context);
  if (scanned) throw refuseScanned(scanned);
  throw new FobError("not-found", t("no token here approves login requests"), {
    hint: t("`fob enroll` takes the otpauth://pipush string or QR code of a server"),
  });
}

/** The tokens whose login requests a person scans: no server is asked for them. */
export async function scannedTokens(
  context: Pick<Context, "findTokens">,
): Promise<readonly TiqrToken[]> {
  const tokens = await context.findTokens("push");
  return ((await tokens?.entries()) ?? []).filter(isTiqrToken);
}

/** The error for a command that asks servers, about a token whose requests are scanned. */
export function refuseScanned({ name }: TiqrToken): FobError {
  return new FobError(
    "not-found",
    t`the logins of ${name} (TiQR) are scanned: its server is not asked for them, and none is remembered`,
    { hint: t("with the picture of the login page's code: fob push approve --qr FILE") },
  );
}

/** Makes tokens ready and reports those that fail. Throws the first failure where all fail. */
export async function openTokens(
  { inbox, tokens }: { readonly inbox: PushInbox; readonly tokens: readonly InboxToken[] },
  prompt: PinPrompt,
  context: Pick<Context, "complain">,
): Promise<{ readonly opened: readonly InboxToken[]; readonly failures: readonly FobError[] }> {
  const open = async ({ one }: { readonly one: InboxToken }) => {
    await inbox.open(one.token.id, prompt);
    return one;
  };
  const named = tokens.map((one) => ({ name: one.token.name, one }));
  const { done: opened, failures } = await attemptAll(named, open, context);
  return { opened, failures };
}

/** The waiting requests, the newest first, and further messages. */
export interface Waiting {
  readonly requests: readonly PushRequest[];
  readonly notes: readonly string[];
  /** Why some tokens or servers could not be asked. */
  readonly failures: readonly FobError[];
}

/** Polls the servers of all tokens. Throws the first token's error where none can be polled. */
export async function findWaiting(
  push: { readonly inbox: PushInbox; readonly tokens: readonly InboxToken[] },
  prompt: PinPrompt,
  context: Pick<Context, "complain">,
): Promise<Waiting> {
  const { inbox, tokens } = push;
  const { opened, failures: unopened } = await openTokens(push, prompt, context);
  const closed = tokens.filter((one) => !opened.includes(one));
  const polls = await Promise.allSettled(opened.map(({ token }) => inbox.poll(token.id)));
  // in the order of the tokens: the exit code is that of the first failure, whatever failed
  const parts = tokens.map((one): Waiting => {
    const poll = polls[opened.indexOf(one)];
    if (poll?.status === "fulfilled") return readPoll(one.token, poll.value);
    if (poll && tokens.length === 1) throw poll.reason;
    const failure = poll ? failureOf(one.token, poll.reason) : unopened[closed.indexOf(one)];
    return { requests: [], notes: [], failures: failure ? [failure] : [] };
  });
  const failures = parts.flatMap((part) => part.failures);
  refuseNothingDone(
    { done: polls.filter(({ status }) => status === "fulfilled"), failures },
    context,
  );
  const requests = parts.flatMap((part) => part.requests);
  requests.sort((a, b) => b.receivedAt.getTime() - a.receivedAt.getTime());
  return { requests, notes: [...new Set(parts.flatMap(({ notes }) => notes))], failures };
}

/** What a server that answered gave for a token. */
function readPoll(
  { name }: InboxToken["token"],
  { requests, refusals, garbage, clockOffsetSeconds: offset }: PolledRequests,
): Waiting {
  return {
    requests,
    notes: [
      ...refusals.map((refusal) => t`${name}: ${refusal}`),
      ...(isClockOff(offset) ? [describeOffset(offset)] : []),
    ],
    failures: garbage === null ? [] : [failureOf({ name }, new FobError("unavailable", garbage))],
  };
}

/**
 * The request that an ID, the beginning of one, or the name of its token names; without ID the only
 * one. Throws FobError `not-found` and `ambiguous`; the first failure when it may be a request of a
 * token that could not be asked.
 */
export function chooseRequest(
  { requests, failures }: Pick<Waiting, "requests" | "failures">,
  id: string | undefined,
  context: Pick<Context, "complain">,
): PushRequest {
  const fitting = requestsOf(requests, id?.toLowerCase());
  const [request] = fitting;
  if (!request) {
    refuseFailures(failures, context);
    const message =
      id === undefined
        ? t("no login request waits")
        : t`no login request ${JSON.stringify(id)} waits`;
    throw new FobError("not-found", message, {
      hint: t("`fob push list` shows those that wait; they expire after two minutes"),
    });
  }
  if (fitting.length === 1) return request;
  throw new FobError("ambiguous", t`${fitting.length} login requests wait: say which`, {
    hint: t`${fitting
      .slice(0, 3)
      .map((one) => one.id)
      .join(", ")}; \`fob push list\` shows what they say`,
  });
}

/** The requests with an ID that begins so; where there is none, those of the token of that name. */
function requestsOf(
  requests: readonly PushRequest[],
  wanted: string | undefined,
): readonly PushRequest[] {
  if (wanted === undefined) return requests;
  const fitting = requests.filter(({ id }) => id.startsWith(wanted));
  return fitting.length > 0
    ? fitting
    : requests.filter(({ token }) => token.toLowerCase() === wanted);
}

/** An answer that its server took. */
export interface Answered {
  readonly request: PushRequest;
  readonly answer: PushAnswer;
  readonly outcome: PushOutcome;
}

/** What answering requests needs of the context. */
export type AnsweringContext = InboxContext & Pick<Context, "pinPrompt" | "complain">;

/** The requests that wait in an inbox, and a prompt that asks for each PIN once. */
export interface OpenRequests extends Waiting {
  readonly inbox: PushInbox;
  readonly prompt: PinPrompt;
}

/**
 * Finds the requests that wait, to answer some of them. Throws as {@link existingInbox} and
 * {@link findWaiting} do.
 */
export async function openRequests(context: AnsweringContext): Promise<OpenRequests> {
  const prompt = rememberPins(context.pinPrompt);
  const push = await existingInbox(context);
  const { requests, notes, failures } = await findWaiting(push, prompt, context);
  return { inbox: push.inbox, prompt, requests, notes, failures };
}

/** What to tell of the tokens that could not be asked, where the answer was given all the same. */
export function leftOut({ failures }: Pick<Waiting, "failures">): string[] {
  return failures.map(({ message }) => t`left out: ${message}`);
}

/**
 * Answers a request. Throws FobError `rejected` when its server does not take the answer; after a
 * wrong choice, a {@link WrongChoice}.
 */
export async function answerRequest(
  { inbox, prompt }: Pick<OpenRequests, "inbox" | "prompt">,
  request: PushRequest,
  answer: PushAnswer,
): Promise<Answered> {
  const outcome = await inbox.answer(request.id, answer, prompt);
  if (outcome.isAccepted) return { request, answer, outcome };
  if (waitsOn(answer, outcome)) throw new WrongChoice(request);
  throw new FobError(
    "rejected",
    t`${request.server} does not take the answer: ${whyNotTaken(answer)}`,
    {
      hint:
        answer.kind === "approve"
          ? t("start the login again")
          : t("unanswered, the request expires after two minutes"),
    },
  );
}

/** The server did not take a choice. Until the request expires, another one can be made. */
export class WrongChoice extends FobError {
  constructor({ server, id }: PushRequest) {
    super("rejected", t`${server} does not take this choice: it is wrong, or too late`, {
      hint: t`look at the login page again: fob push approve ${id} --choice C`,
    });
  }
}

function whyNotTaken({ kind }: PushAnswer): string {
  return kind === "deny"
    ? t("it is too late, or the server is so old that it knows no denials")
    : t("it is too late, or it was answered elsewhere");
}

/** An answer for scripts. */
export function answeredJson({ request, answer, outcome }: Answered) {
  const { displayCode = null, message = null } = outcome;
  return {
    id: request.id,
    token: request.token,
    answer: answerWord(answer),
    accepted: true,
    displayCode,
    message,
  };
}

/**
 * Remembers the answers of a prompt: the PIN that opened a token to poll it approves a request in
 * the same command.
 */
export function rememberPins(prompt: PinPrompt): PinPrompt {
  const pins = new Map<string, Buffer>();
  const keys = new Map<string, Buffer | null>();
  return {
    ...prompt,
    async release(request) {
      const known = keys.get(request.item);
      const key = known === undefined ? await prompt.release(request) : known;
      keys.set(request.item, key);
      return key && Buffer.from(key);
    },
    async ask(request) {
      const name = JSON.stringify([request.of, request.role]);
      const known = request.refusal ? undefined : pins.get(name);
      const pin = known ?? (await prompt.ask(request));
      pins.set(name, Buffer.from(pin));
      return Buffer.from(pin);
    },
  };
}
