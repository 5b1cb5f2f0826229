import { defineCommand, flag, value } from "../cli/command.ts";
import type { Context } from "../cli/context.ts";
import { formatJsonLine } from "../cli/report.ts";
import { styleFor } from "../cli/style.ts";
import { FobError } from "../fob-error.ts";
import { Listening } from "../push/listening.ts";
import type { PushEvent } from "../push/push-event.ts";
import { eventJson, formatEvent } from "./push-event-view.ts";
import { decideByProgram } from "./push-exec.ts";
import { existingPush, openTokens } from "./push-requests.ts";
import { parseWhole, plural } from "./values.ts";

/** A day. */
const MAX_SECONDS = 86_400;

/** `fob push listen`: waits for login requests. */
export const pushListen = defineCommand({
  name: "push listen",
  summary: "wait for login requests",
  description:
    "Asks the servers once a second, and less often, down to every 30 s, when nothing happens for two minutes. --exec runs a program for each " +
    "request, without arguments and without a shell: it gets the request as JSON on standard input; exit code 0 approves, 1 denies, any other lets it " +
    "wait; where something is to be chosen, it prints its choice. With --json, one JSON object a line. Ctrl-C ends it.",
  arguments: {},
  options: {
    once: flag("end after the first request"),
    timeout: value("S", "end after S seconds"),
    exec: value("PROGRAM", "let a program decide"),
    poll: value("S", "ask every S seconds, whatever happens"),
  },
  examples: [
    { command: "fob push listen", explanation: "shows who wants to log in" },
    { command: "fob push listen --exec ./decide", explanation: "a program of yours approves or denies" },
    { command: "fob push listen --json --once --timeout 60", explanation: "in a script: the next request" },
  ],
  async run(input, context): Promise<void> {
    const timeout = input.timeout === undefined ? null : parseWhole("--timeout", input.timeout, 1, MAX_SECONDS);
    const poll = input.poll === undefined ? null : parseWhole("--poll", input.poll, 1, MAX_SECONDS);
    refuseSilence(input, context);
    const { desk, tokens } = await existingPush(context);
    const opened = await openTokens(desk, tokens, context.pinPrompt, context.tell);
    const end = new AbortController();
    const signal = timeout === null ? end.signal : AbortSignal.any([end.signal, AbortSignal.timeout(timeout * 1000)]);
    const interval = poll === null ? null : poll * 1000;
    const listening = new Listening(desk, opened, { now: context.clock, signal, interval });
    if (!context.isJson) context.tell(`waiting for login requests of ${plural(opened.length, "token")}`);
    const received = await receive(listening, input, context, () => end.abort()).finally(() => {
      end.abort();
      desk.close();
    });
    if (input.once && received === 0) throw new FobError("not-found", `no login request came in ${timeout} s`);
  },
  text: () => "",
  json: () => undefined,
});

interface ListenInput {
  readonly once: boolean;
  readonly exec: string | undefined;
}

function refuseSilence({ exec }: ListenInput, { isTerminal, isJson }: Context): void {
  if (isTerminal || isJson || exec !== undefined) return;
  throw new FobError("locked", "nobody is here to see login requests", {
    hint: "--json prints them for a script, --exec PROGRAM lets a program decide",
  });
}

/** Takes events until there are no more, or `end` was called because nobody wants them; returns how many requests came. */
async function receive(listening: Listening, input: ListenInput, context: Context, end: () => void): Promise<number> {
  let received = 0;
  for await (const event of listening.events()) {
    const isRead = await show(event, context);
    if (event.kind === "request") {
      received++;
      if (input.exec !== undefined) await decide(event, listening, input.exec, context);
    }
    const isEnough =
      input.once && (event.kind === "answered" || (event.kind === "request" && input.exec === undefined));
    if (!isRead || isEnough) end();
  }
  return received;
}

function decide(
  { request }: Extract<PushEvent, { kind: "request" }>,
  listening: Listening,
  program: string,
  context: Context,
) {
  const { askProgram, pinPrompt, clock, tell } = context;
  return decideByProgram(request, listening, { program, askProgram, pinPrompt, now: clock, tell });
}

/** Requests and answers are what was asked for; the rest is remarks. Returns whether anybody reads. */
async function show(event: PushEvent, { isJson, isTerminal, settings, print, tell, clock }: Context): Promise<boolean> {
  if (isJson) return print(formatJsonLine(eventJson(event)));
  const style = styleFor({ isTerminal, columns: undefined, color: settings.choose("color") });
  const text = formatEvent(event, clock(), style);
  if (event.kind === "request" || event.kind === "answered") return print(text);
  tell(text);
  return true;
}
