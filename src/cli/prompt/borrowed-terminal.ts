import { whenSignalled } from "#base/ending.ts";
import { stoppedByPerson } from "#base/fob-error.ts";
import { removeListeners } from "#cli/signals.ts";
import { type TakenModes, takeModes } from "#cli/terminal-modes.ts";
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

/** How a question may end before it is answered. */
export interface EarlyEnd {
  /** Written when something ends the process, for what was drawn. */
  readonly leave?: string;
  /** Nobody waits for an answer after it aborts. */
  readonly end?: AbortSignal | undefined;
}

/**
 * Puts a question that reads keys one by one and without echo. Ctrl-Z and SIGTSTP stop the process,
 * and the question is put once more when the process continues, with what was typed so far.
 * Whatever ends the process in the middle of it leaves the terminal as it was. Throws FobError
 * `interrupted` when the question is left: by Ctrl-D, by a terminal that goes away, or when `end`
 * aborts.
 */
export async function borrowTerminal<T>(
  { stdin, stderr }: Terminal,
  put: (borrowed: Borrowed) => Promise<T>,
  { leave = "", end }: EarlyEnd = {},
): Promise<T> {
  let taken: TakenModes | null = null;
  const giveBack = () => {
    taken?.giveBack();
    taken = null;
  };
  const stopListening = whenSignalled(() => {
    giveBack();
    if (leave !== "" && stderr.isTTY) stderr.write(leave);
  });
  const putOnTaken = async (borrowed: Borrowed) => {
    taken = takeModes(stdin, stderr.isTTY ? leave : "");
    try {
      return await put(borrowed);
    } finally {
      giveBack();
    }
  };
  // a screen that has lent the terminal has listeners of its own
  const restoreListeners = (["SIGTSTP", "SIGCONT"] as const).map(removeListeners);
  const typed: Buffer[] = [];
  try {
    return await putUntilAnswered(stdin, typed, putOnTaken, end);
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
  end: AbortSignal | undefined,
): Promise<T> {
  for (;;) {
    if (end?.aborted) throw stoppedByPerson();
    const interruption = new AbortController();
    const { signal } = interruption;
    const stop = () => interruption.abort("stop");
    // after SIGSTOP, which cannot be handled, a shell has changed screen and terminal
    const goOn = () => interruption.abort("continue");
    let isAnswered = false;
    const leave = () => {
      // a library closes its input after an answer, too
      setImmediate(() => isAnswered || interruption.abort("leave"));
    };
    const endNow = () => interruption.abort("leave");
    const input = new PromptInput(stdin, typed, { stop, leave });
    process.on("SIGTSTP", stop);
    process.on("SIGCONT", goOn);
    end?.addEventListener("abort", endNow);
    try {
      return await put({ input: input as unknown as NodeJS.ReadStream, signal });
    } catch (error) {
      if (!signal.aborted) throw error;
      if (signal.reason === "leave") throw stoppedByPerson(error);
    } finally {
      isAnswered = true;
      process.off("SIGTSTP", stop);
      process.off("SIGCONT", goOn);
      end?.removeEventListener("abort", endNow);
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
