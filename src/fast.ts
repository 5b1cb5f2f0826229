import { fstatSync, readFileSync, writeSync } from "node:fs";
import { messagesFile } from "./language.ts";

declare const FOB_VERSION: string;

/** The width that the help page beside this program was written for, in columns. */
const PAGE_COLUMNS = 80;

void answerOrLoad(process.argv.slice(2));

/** Answers at once what needs little more than Node itself. For everything else and for every difficulty there is the whole program. */
async function answerOrLoad(argv: readonly string[]): Promise<void> {
  const answer = await answerAtOnce(argv);
  if (answer === null) {
    await import("./main.js");
    return;
  }
  print(answer);
  // ends here and now: without this Node takes itself apart first
  process.exit();
}

/** The whole output for a command line, or null where the whole program must find it. */
async function answerAtOnce([command, ...rest]: readonly string[]): Promise<string | null> {
  if (command === "__complete") return (await import("./quick-answers.ts")).completions(rest);
  if (command === "code" && rest.length === 1) return (await import("./quick-answers.ts")).passcode(rest[0] ?? "");
  if (command === "list" && rest.length === 1 && rest[0] === "--json") return loadListing().listing();
  if (rest.length > 0) return null;
  if (command === "--version") return `${FOB_VERSION}\n`;
  return command === "--help" && hasRoom() && isInEnglish() ? readFileSync(`${__dirname}/help.txt`, "utf8") : null;
}

/** It lies in a file of its own, which nothing else has to read; as CommonJS, because Node's loader of ES modules takes milliseconds. */
function loadListing(): typeof import("./quick-listing.ts") {
  return require("./quick-listing.cjs");
}

/** The page is in English; the whole program has the others. */
function isInEnglish(): boolean {
  return messagesFile(`${__dirname}/../messages`, process.env) === null;
}

/** Whether output is no narrower than the help page. Looking at `process.stdout` costs milliseconds: only a terminal is asked. */
function hasRoom(): boolean {
  return !fstatSync(1).isCharacterDevice() || (process.stdout.columns ?? PAGE_COLUMNS) >= PAGE_COLUMNS;
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
