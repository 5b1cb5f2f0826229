import { fstatSync, readFileSync, writeSync } from "node:fs";
import type { FobError } from "#base/fob-error.ts";
import { messagesFile } from "#base/language.ts";

declare const FOB_VERSION: string;

/** The width that the help page beside this program was written for, in columns. */
const PAGE_COLUMNS = 80;

answerOrLoad(process.argv.slice(2)).catch(report);

/**
 * Answers at once what needs little more than Node itself. For everything else and for every
 * difficulty there is the whole program, but for what was done before it failed: the whole program
 * would do it a second time.
 */
async function answerOrLoad(argv: readonly string[]): Promise<void> {
  const answer = await answerAtOnce(argv);
  if (answer === null) {
    require("./main.cjs");
    return;
  }
  print(answer);
  // ends here and now: without this Node takes itself apart first
  process.exit();
}

/**
 * Says what failed after it was done. Its texts come from this program, which makes them of names
 * and paths of our own.
 */
function report({ message, hint, exitCode = 1 }: FobError): void {
  writeSync(2, `fob: ${message}\n${hint === undefined ? "" : `hint: ${hint}\n`}`);
  process.exit(exitCode);
}

/** The answer to a command line, or null where the whole program must find it. */
async function answerAtOnce([command, ...rest]: readonly string[]): Promise<string | null> {
  if (command === "code" || command === "__complete")
    return (await import("./quick-answers.ts")).answerQuickly([command, ...rest], process.env);
  if (rest.length > 0) return null;
  if (command === "--version" || command === "-V") return `${FOB_VERSION}\n`;
  const isHelp = command === "--help" || command === "-h";
  return isHelp && hasRoom() && isInEnglish()
    ? readFileSync(`${__dirname}/help.txt`, "utf8")
    : null;
}

/** Help is in English here; the whole program has the other languages. */
function isInEnglish(): boolean {
  return messagesFile(`${__dirname}/../messages`, process.env) === null;
}

/**
 * Whether output is no narrower than the help page. Looking at `process.stdout` costs milliseconds:
 * only a terminal is asked.
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
    // a reader that has gone needs no answer
    if ((error as NodeJS.ErrnoException).code === "EPIPE") return;
    writeSync(2, `fob: cannot write to standard output: ${(error as Error).message}\n`);
    process.exitCode = 8;
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
