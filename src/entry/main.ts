import { join } from "node:path";
import { isatty } from "node:tty";
import { fileURLToPath } from "node:url";
import { endBy } from "#base/ending.ts";
import { leaveTerminals } from "./leave-terminals.ts";
import { runProgram } from "./program.ts";

declare const FOB_VERSION: string;

const { argv, env, stdout, stderr } = process;

process.on("SIGINT", interrupt);
// Node would open its debugger, which shows all memory to anybody who asks
process.once("SIGUSR1", () => void endBy("SIGUSR1"));
// Node's own listener sets the terminals; without it the system ends the process
process.once("SIGTERM", unheard).off("SIGTERM", unheard);
// the callback of the write reports the error; without a listener it would end the process
for (const stream of [stdout, stderr]) stream.on("error", () => undefined);

// a command that nothing will ever finish has failed; the end sets the code of one that is done
process.exitCode = 1;
process.once("beforeExit", leaveTerminalsAtExit);

const build = { version: FOB_VERSION, folder: join(fileURLToPath(import.meta.url), "..") };
const host = {
  argv: argv.slice(2),
  env,
  // most command lines read nothing: opening the stream takes a millisecond
  get stdin() {
    return process.stdin;
  },
  isInputTerminal: isatty(0),
  stdout,
  stderr,
};
void runProgram(build, host).then((exitCode) => {
  process.exitCode = exitCode;
  leaveTerminalsAtExit();
});

/** A second SIGINT ends the process at once. */
function interrupt(): void {
  leaveTerminalsAtExit();
  void endBy("SIGINT");
  // a library that finds no other listener ends the process by the signal
  setImmediate(() => process.off("SIGINT", interrupt));
}

/** To be called last: listeners that were there before may still write to the terminal. */
function leaveTerminalsAtExit(): void {
  process.once("exit", leaveTerminals);
}

function unheard(): void {}
