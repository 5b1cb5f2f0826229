import { FobError } from "#base/fob-error.ts";
import { plural, t } from "#base/language.ts";
import { defineCommand, flag, value } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { UNCOLORED } from "#cli/output/style.ts";
import { parseWhole } from "#commands/values.ts";
import type { InboxToken } from "#push/inbox/inbox.ts";
import { Listening } from "#push/listening/listening.ts";
import { Notifying } from "#push/listening/notifying.ts";
import { endsRequest, type PushEvent } from "#push/push-event.ts";
import { eventJson, formatEvent } from "./push-event-view.ts";
import { ProgramDecisions, RUNS_AT_ONCE } from "./push-exec.ts";
import { existingInbox, openTokens } from "./push-requests.ts";
import { type PushScreenContext, watchRequests } from "./push-screen.ts";

/** A day. */
const MAX_SECONDS = 86_400;

/** What `fob push listen` needs of the context. */
export type PushListenContext = ShowingContext &
  PushScreenContext &
  Pick<
    Context,
    | "settings"
    | "notifier"
    | "findPush"
    | "findTokens"
    | "complain"
    | "openScreen"
    | "isTerminal"
    | "askProgram"
  >;

/** What showing events needs. */
type ShowingContext = Pick<Context, "isJson" | "emit" | "tell" | "clock">;

/** `fob push listen`: waits for login requests. */
export const pushListen = defineCommand({
  name: "push listen",
  summary: "wait for login requests",
  description:
    "Asks the servers once a second, and less often, down to every 30 s, when nothing happens for two minutes. --exec runs a program for each " +
    "request, without arguments and without a shell: it gets the request as JSON on standard input; exit code 0 approves, 1 denies, any other lets it " +
    "wait; where something is to be chosen, it prints its choice. With --json, one JSON object a line. At a terminal a screen shows the requests and " +
    "takes the answers: a and then Enter approves, d denies. --notify asks by notification of the desktop, with buttons where the token has no PIN and " +
    "its policy allows it. Ctrl-C ends it.",
  arguments: {},
  options: {
    once: flag("end after the first request"),
    timeout: value("S", "end after S seconds"),
    exec: value("PROGRAM", "let a program decide", "file"),
    notify: flag("ask by notification of the desktop (push.notify: false)"),
    poll: value("S", "ask every S seconds, whatever happens (push.poll-seconds: 0)"),
  },
  examples: [
    { command: "fob push listen", explanation: "shows who wants to log in" },
    {
      command: "fob push listen --exec ./decide",
      explanation: "a program of yours approves or denies",
    },
    {
      command: "fob push listen --notify &",
      explanation: "in a desktop session: Approve and Deny in a notification",
    },
    {
      command: "fob push listen --json --once --timeout 60",
      explanation: "in a script: the next request",
    },
  ],
  async run(input, context: PushListenContext): Promise<readonly FobError[]> {
    const timeout =
      input.timeout === undefined ? null : parseWhole("--timeout", input.timeout, 1, MAX_SECONDS);
    const poll = context.settings.choose("push.poll-seconds", input.poll);
    const notify = context.settings.choose("push.notify", input.notify ? "true" : undefined);
    refuseSilence({ ...input, notify }, context);
    if (notify) await context.notifier.describe();
    const push = await existingInbox(context);
    const { inbox } = push;
    const { opened, failures } = await openTokens(push, context.pinPrompt, context);
    failures.forEach(context.complain);
    const end = new AbortController();
    const interval = poll === 0 ? null : poll * 1000;
    const listening = new Listening(inbox, opened, {
      now: context.clock,
      signal: end.signal,
      interval,
    });
    const screen = input.exec === undefined ? await context.openScreen() : null;
    // a screen shows the requests itself, and must not be written on
    const tell = screen ? () => undefined : context.tell;
    const notifying = notify
      ? notifyOf(listening, opened, { notifier: context.notifier, clock: context.clock, tell })
      : null;
    const hear = (event: PushEvent) => notifying?.hear(event);
    // all checks come before this: a timer keeps the process running
    const timer = timeout === null ? null : setTimeout(() => end.abort(), timeout * 1000);
    if (!screen && !context.isJson) context.tell(waitingFor(opened.length, context));
    try {
      const received = screen
        ? await watchRequests(
            { listening, tokens: opened, once: input.once, hear },
            screen,
            context,
          )
        : await receive(listening, { ...input, notify, hear }, context, () => end.abort());
      if (input.once && received === 0) throw nobodyCame(timeout, listening.troubles);
      return failures;
    } finally {
      if (timer) clearTimeout(timer);
      end.abort();
      await notifying?.end();
      inbox.close();
    }
  },
  text: () => "",
  json: () => undefined,
  exitCode: ([failure]) => failure?.exitCode ?? 0,
});

/** A person at a terminal is told as well how to end it. */
function waitingFor(count: number, { isTerminal }: Pick<Context, "isTerminal">): string {
  const tokens = plural(count, "token");
  return isTerminal
    ? t`waiting for login requests of ${tokens}; Ctrl-C ends it`
    : t`waiting for login requests of ${tokens}`;
}

/** A server that fails may have one: then its failure is the reason. */
function nobodyCame(seconds: number | null, [trouble]: readonly FobError[]): FobError {
  if (!trouble) return new FobError("not-found", t`no login request came in ${seconds} s`);
  const { code, message, hint } = trouble;
  return new FobError(code, t`no login request came in ${seconds} s: ${message}`, {
    ...(hint === undefined ? {} : { hint }),
    cause: trouble,
  });
}

interface ListenInput {
  readonly once: boolean;
  readonly exec: string | undefined;
  readonly notify: boolean;
}

function refuseSilence(
  { exec, notify }: ListenInput,
  { isTerminal, isJson }: PushListenContext,
): void {
  if (isTerminal || isJson || notify || exec !== undefined) return;
  throw new FobError("locked", t("nobody is here to see login requests"), {
    hint: t(
      "--json prints them for a script, --exec PROGRAM lets a program decide, --notify asks on the desktop",
    ),
  });
}

function notifyOf(
  listening: Listening,
  tokens: readonly InboxToken[],
  { notifier, clock, tell }: Pick<Context, "notifier" | "clock" | "tell">,
): Notifying {
  return new Notifying({
    notifier,
    answer: (id, answer, prompt) => listening.answer(id, answer, prompt),
    isGuarded: (id) => tokens.some(({ token, isGuarded }) => token.id === id && isGuarded),
    now: clock,
    onTrouble: ({ message }) => tell(t`a notification could not be shown: ${message}`),
  });
}

/** Handles events until they end or `end` is called; returns the number of requests. */
async function receive(
  listening: Listening,
  input: ListenInput & { hear(event: PushEvent): void },
  context: PushListenContext,
  end: () => void,
): Promise<number> {
  const decisions =
    input.exec === undefined ? null : decide(listening, input.exec, input.once, context, end);
  let received = 0;
  // wait for the user's decision, unless it is too late
  const isDecided = input.notify || input.exec !== undefined;
  try {
    for await (const event of listening.events()) {
      input.hear(event);
      decisions?.hear(event);
      const isRead = await show(event, context);
      if (event.kind === "request") received++;
      const isEnough = isDecided ? endsRequest(event) : event.kind === "request";
      if (!isRead || (input.once && isEnough)) end();
    }
  } finally {
    await decisions?.end();
  }
  return received;
}

function decide(
  listening: Listening,
  program: string,
  isOnce: boolean,
  context: PushListenContext,
  fail: () => void,
): ProgramDecisions {
  const { askProgram, pinPrompt, clock, tell } = context;
  return new ProgramDecisions(listening, {
    program,
    askProgram,
    pinPrompt,
    atOnce: isOnce ? 1 : RUNS_AT_ONCE,
    now: clock,
    tell,
    fail,
  });
}

/**
 * Writes requests and answers to standard output, and the rest as remarks, unless JSON is wanted.
 * Returns whether standard output is still read.
 */
async function show(
  event: PushEvent,
  { isJson, emit, tell, clock }: ShowingContext,
): Promise<boolean> {
  const isAskedFor = event.kind === "request" || event.kind === "answered";
  if (isJson || isAskedFor)
    return emit({ text: (style) => formatEvent(event, clock(), style), json: eventJson(event) });
  tell(formatEvent(event, clock(), UNCOLORED));
  return true;
}
