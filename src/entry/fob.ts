import { fstatSync, readFileSync, writeSync } from "node:fs";
import type { FobError } from "#base/fob-error.ts";
import { messagesFile } from "#base/language.ts";

declare const FOB_VERSION: string;

/** The width that the help page beside this program was written for, in columns. */
const PAGE_COLUMNS = 80;

/** What to print, a long text in pieces, and what to say besides. */
interface Answer {
  readonly pieces: Iterable<string>;
  readonly notes?: readonly string[];
}

answerOrLoad(process.argv.slice(2)).catch(report);

/**
 * Answers at once what needs little more than Node itself. For everything else and for every difficulty there is the whole program,
 * but for what was done before it failed: the whole program would do it a second time.
 */
async function answerOrLoad(argv: readonly string[]): Promise<void> {
  const answer = await answerAtOnce(argv);
  if (answer === null) {
    require("./main.cjs");
    return;
  }
  for (const piece of answer.pieces) if (!print(piece)) break;
  for (const note of answer.notes ?? []) writeSync(2, `${note}\n`);
  // ends here and now: without this Node takes itself apart first
  process.exit();
}

/** Says what failed after it was done. Its texts come from this program, which makes them of names and paths of our own. */
function report({ message, hint, exitCode = 1 }: FobError): void {
  writeSync(2, `fob: ${message}\n${hint === undefined ? "" : `hint: ${hint}\n`}`);
  process.exit(exitCode);
}

/** The answer to a command line, or null where the whole program must find it. */
async function answerAtOnce([command, ...rest]: readonly string[]): Promise<Answer | null> {
  if (command === "__complete") return whole((await import("./quick-answers.ts")).completions(rest));
  if (command === "code" && rest.length === 1)
    return whole((await import("./quick-answers.ts")).passcode(rest[0] ?? ""));
  if (command === "list" && isOnly(rest, "--json")) return loadListing().listing();
  if (command === "code" && isOnly(rest, "--all", "--json") && isInEnglish()) return loadPasscodes().allPasscodes();
  if (rest.length > 0) return null;
  if (command === "--version") return whole(`${FOB_VERSION}\n`);
  return command === "--help" && hasRoom() && isInEnglish()
    ? whole(readFileSync(`${__dirname}/help.txt`, "utf8"))
    : null;
}

async function whole(text: string | Promise<string | null>): Promise<Answer | null> {
  const known = await text;
  return known === null ? null : { pieces: [known] };
}

function isOnly(given: readonly string[], ...options: string[]): boolean {
  return given.length === options.length && options.every((option) => given.includes(option));
}

/** What is for lists lies in files of their own, which nothing else has to read. */
function loadListing(): typeof import("./quick-listing.ts") {
  return require("./quick-listing.cjs");
}

function loadPasscodes(): typeof import("./quick-passcodes.ts") {
  return require("./quick-passcodes.cjs");
}

/** Help and notes are in English here; the whole program has the other languages. */
function isInEnglish(): boolean {
  return messagesFile(`${__dirname}/../messages`, process.env) === null;
}

/** Whether output is no narrower than the help page. Looking at `process.stdout` costs milliseconds: only a terminal is asked. */
function hasRoom(): boolean {
  return !fstatSync(1).isCharacterDevice() || (process.stdout.columns ?? PAGE_COLUMNS) >= PAGE_COLUMNS;
}

/** False when there is nobody to print more for. */
function print(text: string): boolean {
  try {
    let rest = Buffer.from(text);
    while (rest.length > 0) rest = rest.subarray(writeSome(rest));
    return true;
  } catch (error) {
    // a reader that has gone needs no answer
    if ((error as NodeJS.ErrnoException).code === "EPIPE") return false;
    const message = `cannot write to standard output: ${(error as Error).message}`;
    const isJson = process.argv.includes("--json");
    writeSync(2, isJson ? `${JSON.stringify({ error: { code: "unavailable", message } })}\n` : `fob: ${message}\n`);
    process.exitCode = 8;
    return false;
  }
}

/** How many bytes a pipe that does not block has taken. */
function writeSome(bytes: Buffer): number {
  try {
    return writeSync(1, bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    return 0;
  }
}
