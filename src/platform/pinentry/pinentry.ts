import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { whenEnding } from "#base/ending.ts";
import { FobError, stoppedByPerson } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Pinentry, PinentryChoice, PinentryQuestion } from "#cli/prompt/pinentry.ts";
import { isInstalled } from "#platform/program/find-program.ts";
import { forget } from "#token/secret.ts";
import { AssuanClient, type AssuanReply, assuanLine } from "./assuan.ts";

/** How long a person may take, in seconds: gpg-agent lets one minute pass. */
const PATIENCE_S = 120;

/** How long the program may take for what needs no person, in milliseconds. */
const REPLY_MS = 10_000;

/** How long the program may take to end after it was asked to, in milliseconds. */
const END_MS = 1_000;

/** The codes of libgpg-error that pinentries use; the other bits of a number are their source. */
const CODES = { cancelled: 99, timeout: 62, notConfirmed: 114 } as const;
const CODE_BITS = 0xffff;

/** Which program it is, and the environment that says where its window appears. */
export interface PinentrySurroundings {
  /** A name in PATH or a path; null for the usual one of the system. */
  readonly program: string | null;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * The user's pinentry. Each question is asked by a process of its own, which is ended after it. The
 * PIN comes through its pipe: no argument, environment or file has it.
 */
export function systemPinentry(surroundings: PinentrySurroundings): Pinentry {
  return {
    secret: ({ prompt, ...question }, signal) =>
      withPinentry(surroundings, signal, async (ask) => {
        await describe(question, ask);
        return type(prompt, question.patience, ask);
      }),
    confirm: (question, signal) =>
      withPinentry(surroundings, signal, async (ask) =>
        (await flavourOf(ask)) === ESCAPE_MEANS_YES
          ? confirmByWord(question, ask)
          : confirmByButton(question, ask),
      ),
  };
}

/** The flavour in which Escape presses the button for yes (pinentry-fltk 1.2.1). */
const ESCAPE_MEANS_YES = "fltk";

async function flavourOf(ask: Ask): Promise<string> {
  // an old pinentry does not know the question
  const reply = await ask("GETINFO flavor");
  return reply.isOk ? reply.data.toString("latin1") : "";
}

async function confirmByButton({ yes, no, ...question }: PinentryChoice, ask: Ask) {
  await describe(question, ask);
  await demand(ask(assuanLine("SETOK", yes)));
  await demand(ask(assuanLine("SETCANCEL", no)));
  const reply = await ask("CONFIRM", limitOf(question.patience));
  const code = reply.isOk ? 0 : reply.number & CODE_BITS;
  if (code === CODES.cancelled || code === CODES.notConfirmed) return false;
  await answered(Promise.resolve(reply));
  return true;
}

async function confirmByWord(
  { yes, title, ...question }: PinentryChoice,
  ask: Ask,
): Promise<boolean> {
  const how = t`Type ${yes} to agree.`;
  const description = [question.description, how].join("\n");
  await describe({ ...question, title, description }, ask);
  const typed = await type(`${yes}?`, question.patience, ask).catch(nothingIfCancelled);
  return typed.trim().toLowerCase() === yes.toLowerCase();
}

function nothingIfCancelled(error: unknown): string {
  if (error instanceof FobError && error.code === "denied") return "";
  throw error;
}

async function type(prompt: string, patience: number | undefined, ask: Ask): Promise<string> {
  await demand(ask(assuanLine("SETPROMPT", prompt)));
  const { data } = await answered(ask("GETPIN", limitOf(patience)));
  const typed = data.toString("utf8");
  forget(data);
  return typed;
}

/** Sends a line and waits for its reply; the default limit is that for what needs no person. */
type Ask = (line: string, limitMs?: number) => Promise<AssuanReply>;

/** The program has a little longer than the person, in milliseconds. */
function limitOf(patience = PATIENCE_S): number {
  return patience * 1_000 + REPLY_MS;
}

async function describe(
  { title, description, patience = PATIENCE_S }: PinentryQuestion,
  ask: Ask,
): Promise<void> {
  await demand(ask(assuanLine("SETTITLE", title)));
  await demand(ask(assuanLine("SETDESC", description)));
  // an old pinentry waits without a limit; the process is ended then
  await ask(`SETTIMEOUT ${patience}`);
}

/** The data of a reply. Throws FobError for an error. */
async function answered(reply: Promise<AssuanReply>) {
  const answer = await reply;
  if (answer.isOk) return answer;
  const code = answer.number & CODE_BITS;
  if (code === CODES.cancelled) throw new FobError("denied", t("the question was cancelled"));
  if (code === CODES.timeout) throw unanswered();
  throw new FobError("unavailable", t`pinentry shows no question: ${describeError(answer)}`, {
    hint: t("it needs a display, or GPG_TTY with a terminal"),
  });
}

async function demand(reply: Promise<AssuanReply>): Promise<void> {
  const answer = await reply;
  if (!answer.isOk)
    throw new FobError("unavailable", t`pinentry refuses a question: ${describeError(answer)}`);
}

const MAX_TEXT = 80;

function describeError({ number, text }: Extract<AssuanReply, { isOk: false }>): string {
  return `${text.replace(/[^ -~]/g, "?").slice(0, MAX_TEXT) || t("error")} (${number & CODE_BITS})`;
}

function unanswered(): FobError {
  return new FobError("locked", t("nobody answered the question"));
}

async function withPinentry<T>(
  { program, env }: PinentrySurroundings,
  signal: AbortSignal | undefined,
  work: (ask: Ask) => Promise<T>,
): Promise<T> {
  if (signal?.aborted) throw stoppedByPerson();
  const path = program ?? usualPinentry(env);
  const child = spawn(path, argumentsFor(env), {
    env: environmentFor(env),
    stdio: ["pipe", "pipe", "ignore"],
    windowsHide: false,
  });
  const kill = () => void child.kill("SIGKILL");
  const left = whenEnding(kill);
  const client = new AssuanClient(child);
  child.once("error", (error) =>
    client.fail(t`pinentry (${path}) cannot be run: ${error.message}`),
  );
  const abort = () => {
    client.fail("interrupted");
    kill();
  };
  signal?.addEventListener("abort", abort, { once: true });
  try {
    await demand(inTime(client, client.greeting(), REPLY_MS));
    const ask: Ask = (line, limitMs = REPLY_MS) => inTime(client, client.ask(line), limitMs);
    // a pinentry that does not know an option goes on without it
    for (const option of optionsFor(env)) await ask(assuanLine("OPTION", option));
    return await work(ask);
  } catch (error) {
    throw signal?.aborted ? stoppedByPerson(error) : error;
  } finally {
    signal?.removeEventListener("abort", abort);
    await end(child);
    left();
  }
}

/** Rejects with FobError `locked` when there is no reply in time. */
async function inTime(
  client: AssuanClient,
  reply: Promise<AssuanReply>,
  limitMs: number,
): Promise<AssuanReply> {
  let isOver = false;
  const timer = setTimeout(() => {
    isOver = true;
    client.fail(t("pinentry does not answer"));
  }, limitMs);
  try {
    return await reply;
  } catch (error) {
    throw isOver && limitMs > REPLY_MS ? unanswered() : error;
  } finally {
    clearTimeout(timer);
  }
}

/** Asks the program to end, and ends it. */
async function end(child: ChildProcessByStdio<Writable, Readable, null>): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const timer = setTimeout(() => child.kill("SIGKILL"), END_MS);
  if (child.stdin.writable) child.stdin.end("BYE\n");
  // what it may still print is of no use
  child.stdout.destroy();
  await ended;
  clearTimeout(timer);
}

/** macOS has no `pinentry` of its own: Homebrew's is called pinentry-mac. */
function usualPinentry(env: NodeJS.ProcessEnv): string {
  return isInstalled("pinentry-mac", env) ? "pinentry-mac" : "pinentry";
}

/** Some pinentries choose their kind of window by their arguments alone. */
function argumentsFor({ DISPLAY }: NodeJS.ProcessEnv): string[] {
  return DISPLAY ? ["--display", DISPLAY] : [];
}

function optionsFor(env: NodeJS.ProcessEnv): string[] {
  const { GPG_TTY, TERM, LC_ALL, LC_CTYPE, LC_MESSAGES, LANG } = env;
  const options = {
    ttyname: GPG_TTY,
    ttytype: GPG_TTY && TERM,
    "lc-ctype": LC_ALL || LC_CTYPE || LANG,
    "lc-messages": LC_ALL || LC_MESSAGES || LANG,
  };
  return Object.entries(options).flatMap(([name, value]) => (value ? [`${name}=${value}`] : []));
}

/** No variable of fob: what is secret was removed before, and the others do not concern it. */
function environmentFor(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("FOB_")));
}
