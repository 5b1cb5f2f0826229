import { existsSync, fstatSync, readFileSync, writeSync } from "node:fs";
import { messagesFile } from "#base/messages-file.ts";
import { runBuiltFile } from "./built-files.ts";
import { parseCodeOptions } from "./code-options.ts";
import { leaveTerminals } from "./leave-terminals.ts";

declare const FOB_VERSION: string;

/** The first words of all commands, with a space between them. */
declare const FOB_COMMANDS: string;

type QuickAnswers = typeof import("./quick-answers.ts");
type Failures = typeof import("./report-failure.ts");

/** The first words of the commands that may read a picture. */
const READS_PICTURES = ["challenge", "codes", "enroll", "import", "inspect", "push", "sync"];

/** The width of the prerendered help page, in columns. */
const PAGE_COLUMNS = 80;

answerOrLoad(process.argv.slice(2)).catch((error) => report(error, false));

/**
 * Answers simple command lines at once, and loads the whole program for all others and after
 * failures; except when the command was done before it failed, because the whole program would do
 * it again.
 */
async function answerOrLoad(argv: readonly string[]): Promise<void> {
  const answer = await answerAtOnce(argv);
  if (answer === null) {
    runBuiltFile("main.cjs", `run-${useOf(argv)}`, process.env);
    return;
  }
  print(answer);
  leave();
}

/** Reports a failure of a command that was done; `isOutput` is one of standard output. */
function report(error: unknown, isOutput: boolean): void {
  const { argv, env, stdout, stderr } = process;
  // nothing is kept of code that is hardly ever run
  const { reportDone } = runBuiltFile("report-failure.cjs", "", {}) as Failures;
  const host = { argv: argv.slice(2), env, stdout, stderr };
  process.exitCode = reportDone(error, isOutput, host);
  leave();
}

/** Exits at once: otherwise Node first tears down its environment. */
function leave(): void {
  leaveTerminals();
  process.exit();
}

/** What a command line runs, for a file name. */
function useOf(argv: readonly string[]): string {
  const word = wordOf(argv);
  if (!READS_PICTURES.includes(word)) return word;
  // a picture is read with another flag, and V8 takes compiled code by its flags: once one has been
  // changed, they never count as those of the start again. So it is changed before, and back
  const v8 = process.getBuiltinModule("node:v8");
  for (const flag of ["--liftoff-only", "--no-liftoff-only"]) v8.setFlagsFromString(flag);
  return word;
}

/**
 * The first word of a command line, for a file name: what it runs depends on it most. Each name
 * leaves a file, so all words that are no command have one name.
 */
function wordOf([word = ""]: readonly string[]): string {
  return FOB_COMMANDS.split(" ").includes(word) ? word : "other";
}

/** The answer to a command line, or null when the whole program is needed. */
async function answerAtOnce([command, ...rest]: readonly string[]): Promise<string | null> {
  if (command === "__complete" || (command === "code" && parseCodeOptions(rest) !== null)) {
    const quick = runBuiltFile("quick/answers.cjs", command, process.env) as QuickAnswers;
    return quick.answerQuickly([command, ...rest], process.env);
  }
  const words = [command ?? "", ...rest];
  const last = words.pop();
  if (last === "--help" || last === "-h") return helpPage(words);
  const isVersion = rest.length === 0 && (command === "--version" || command === "-V");
  return isVersion ? `${FOB_VERSION}\n` : null;
}

/**
 * The help page of the command with these words, of a group or, without words, of fob; null where
 * the whole program must make one.
 */
function helpPage(words: readonly string[]): string | null {
  const path = `${__dirname}/help/${words.join("-") || "fob"}.txt`;
  const isThere = words.every((word) => /^[a-z]+$/.test(word)) && existsSync(path);
  return isThere && hasRoom() && isInEnglish() ? readFileSync(path, "utf8") : null;
}

/** Whether the language is English: the help page here is only English. */
function isInEnglish(): boolean {
  return messagesFile(`${__dirname}/../messages`, process.env) === null;
}

/**
 * Whether the output is wide enough for the help page. Only a terminal is asked, because loading
 * `process.stdout` takes milliseconds.
 */
function hasRoom(): boolean {
  return (
    !fstatSync(1).isCharacterDevice() || (process.stdout.columns ?? PAGE_COLUMNS) >= PAGE_COLUMNS
  );
}

function print(text: string): void {
  try {
    let rest = Buffer.from(text);
    while (rest.length > 0) rest = rest.subarray(writeSome(rest));
  } catch (error) {
    // the reader has closed the pipe
    if ((error as NodeJS.ErrnoException).code !== "EPIPE") report(error, true);
  }
}

/** Writes some of the bytes and returns how many; a non-blocking pipe may be full. */
function writeSome(bytes: Buffer): number {
  try {
    return writeSync(1, bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    return 0;
  }
}
