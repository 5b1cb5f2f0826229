import { whenSignalled } from "#base/ending.ts";
import { removeListeners } from "#cli/signals.ts";
import type { Terminal } from "./prompt.ts";
import { PromptInput } from "./prompt-input.ts";

/** Shows the cursor, which drawn prompts hide (DECTCEM). */
export const SHOW_CURSOR = "\u001b[?25h";

/**
 * How long to wait for the stop of the process, in milliseconds. The kernel does not stop a process
 * of an orphaned process group, because no shell could continue it.
 */
const STOP_MS = 150;

/** What a question has of the terminal. */
export interface Borrowed {
  readonly input: NodeJS.ReadStream;
  /** Aborts when the question must leave the terminal; it is then put once more. */
  readonly signal: AbortSignal;
}

/**
 * Puts a question that reads keys one by one and without echo. Ctrl-Z and SIGTSTP stop the process,
 * and the question is put once more when the process continues, with what was typed so far. A
 * signal that ends the process in the middle of it leaves the terminal as it was: Node sees to that
 * only for errors, and for SIGINT and SIGTERM where nobody listens to them. `leave` is written
 * then, for what was drawn.
 */
export async function borrowTerminal<T>(
  { stdin, stderr }: Terminal,
  put: (borrowed: Borrowed) => Promise<T>,
  leave = "",
): Promise<T> {
  const giveBack = () => {
    // a terminal that has gone cannot be set
    if (stdin.isRaw && !stdin.destroyed) stdin.setRawMode(false);
    if (leave !== "" && stderr.isTTY) stderr.write(leave);
  };
  const stopListening = whenSignalled(giveBack);
  // a screen that has lent the terminal has listeners of its own
  const restoreListeners = (["SIGTSTP", "SIGCONT"] as const).map(removeListeners);
  const typed: Buffer[] = [];
  try {
    return await putUntilAnswered(stdin, typed, put);
  } finally {
    for (const bytes of typed) bytes.fill(0);
    for (const restore of restoreListeners) restore();
    stopListening();
  }
}

async function putUntilAnswered<T>(
  stdin: NodeJS.ReadStream,
  typed: Buffer[],
  put: (borrowed: Borrowed) => Promise<T>,
): Promise<T> {
  for (;;) {
    const interruption = new AbortController();
    const { signal } = interruption;
    const stop = () => interruption.abort("stop");
    // after SIGSTOP, which cannot be handled, a shell has changed screen and terminal
    const goOn = () => interruption.abort("continue");
    const input = new PromptInput(stdin, typed, stop);
    process.on("SIGTSTP", stop);
    process.on("SIGCONT", goOn);
    try {
      return await put({ input: input as unknown as NodeJS.ReadStream, signal });
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      process.off("SIGTSTP", stop);
      process.off("SIGCONT", goOn);
      input.destroy();
    }
    if (signal.reason === "stop") await stopProcess();
  }
}

/** Stops the whole process group, as Ctrl-Z does when no program handles the key. */
function stopProcess(): Promise<void> {
  return new Promise((resolve) => {
    const goOn = () => {
      clearTimeout(timer);
      process.off("SIGCONT", goOn);
      resolve();
    };
    const timer = setTimeout(goOn, STOP_MS);
    process.on("SIGCONT", goOn);
    process.kill(0, "SIGTSTP");
  });
}
