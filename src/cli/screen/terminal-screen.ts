import { ENDING_SIGNALS, OTHER_ENDING_SIGNALS } from "#base/ending.ts";
import { type FobError, stoppedByPerson } from "#base/fob-error.ts";
import { type TakenModes, takeModes } from "#cli/terminal-modes.ts";
import { type Key, KeyParser } from "./keys.ts";
import { repaint } from "./repaint.ts";

/** The input and output of the terminal. Both must be terminals. */
export interface ScreenStreams {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
}

/** The size of a terminal in character cells. */
export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** Alternate screen, hidden cursor, no line wrapping, bracketed paste. */
const ENTER = "\u001b[?1049h\u001b[?25l\u001b[?7l\u001b[?2004h";
const LEAVE = "\u001b[?2004l\u001b[?7h\u001b[?25h\u001b[?1049l";

const SIGNALS = [...ENDING_SIGNALS, ...OTHER_ENDING_SIGNALS];

/** How long to wait for the rest of a sequence after Escape, in milliseconds. */
const SEQUENCE_MS = 50;

/**
 * How long to wait for the stop of the process, in milliseconds. The kernel does not stop a process
 * of an orphaned process group, because no shell could continue it.
 */
const STOP_MS = 150;

/** The maximum delay of Node's timers, in milliseconds. */
const FOREVER_MS = 2 ** 31 - 1;

/**
 * A full-screen terminal. Only this class takes the full screen and restores what it showed before:
 * at {@link close}, when an error or signal ends the process, and on Ctrl-Z (the screen is taken
 * again when the process continues).
 *
 * It is used in a loop: draw the state, wait for a key or a timeout, change the state.
 *
 *     const screen = new TerminalScreen({ input: stdin, output: stdout });
 *     try {
 *       for (;;) {
 *         screen.draw(view(state, screen.size));
 *         const key = await screen.nextKey(1_000);
 *         if (key?.name === "escape") return;
 *         state = next(state, key);
 *       }
 *     } finally {
 *       screen.close();
 *     }
 */
export class TerminalScreen {
  readonly #streams: ScreenStreams;
  readonly #parser = new KeyParser();
  readonly #pressed: Key[] = [];
  /** The lines on the screen; null when they are unknown. */
  #shown: readonly string[] | null = null;
  #isTaken = false;
  #modes: TakenModes | null = null;
  #isLent = false;
  #isStale = false;
  #end: FobError | null = null;
  #notify: () => void = () => undefined;
  #sequenceTimer: NodeJS.Timeout | undefined;
  #stopTimer: NodeJS.Timeout | undefined;

  constructor(streams: ScreenStreams) {
    this.#streams = streams;
    const { input, output } = streams;
    for (const signal of SIGNALS) process.on(signal, this.#endBySignal);
    process.on("SIGTSTP", this.#stop);
    process.on("SIGCONT", this.#continue);
    process.on("exit", this.#giveBack);
    output.on("resize", this.#redraw);
    output.on("error", this.#interrupt);
    input.on("error", this.#interrupt);
    input.on("end", this.#interrupt);
    this.#take();
  }

  get size(): ScreenSize {
    const { columns, rows } = this.#streams.output;
    return { columns: columns || 80, rows: rows || 24 };
  }

  /**
   * Shows these lines from the top; the rest of the screen is empty. Lines contain only text and
   * colours, and reset their colours at the end; lines and rows that do not fit are cut. Only
   * changed lines are written.
   */
  draw(lines: readonly string[]): void {
    if (!this.#isTaken) return;
    const fitting = lines.slice(0, this.size.rows);
    const changes = repaint(this.#shown, fitting);
    this.#shown = fitting;
    if (changes !== "") this.#streams.output.write(changes);
  }

  /**
   * The next key, or null when the screen must be redrawn: after `patience` milliseconds, a change
   * of size, a continuation of the process, or {@link wake}. Throws FobError `interrupted` after
   * Ctrl-C, or when the terminal is gone.
   */
  async nextKey(patience: number): Promise<Key | null> {
    if (this.#pressed.length === 0 && !this.#isStale && !this.#end) await this.#change(patience);
    this.#isStale = false;
    if (this.#end) throw this.#end;
    return this.#pressed.shift() ?? null;
  }

  /**
   * Makes {@link nextKey} return at once, because something other than a key has changed the state.
   */
  wake(): void {
    this.#isStale = true;
    this.#notify();
  }

  /** Restores the terminal while `work` uses it, for prompts of other libraries. */
  async aside<T>(work: () => Promise<T>): Promise<T> {
    this.#giveBack();
    this.#isLent = true;
    try {
      return await work();
    } finally {
      this.#isLent = false;
      this.#take();
      this.wake();
    }
  }

  /** Restores the terminal and removes all listeners. */
  close(): void {
    const { input, output } = this.#streams;
    for (const signal of SIGNALS) process.off(signal, this.#endBySignal);
    process.off("SIGTSTP", this.#stop);
    process.off("SIGCONT", this.#continue);
    process.off("exit", this.#giveBack);
    output.off("resize", this.#redraw);
    output.off("error", this.#interrupt);
    input.off("error", this.#interrupt);
    input.off("end", this.#interrupt);
    clearTimeout(this.#stopTimer);
    this.#giveBack();
  }

  #change(patience: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.min(patience, FOREVER_MS));
      this.#notify = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #take(): void {
    if (this.#isTaken) return;
    const { input, output } = this.#streams;
    this.#isTaken = true;
    this.#modes = takeModes(input, LEAVE);
    input.on("data", this.#read);
    input.resume();
    this.#shown = null;
    output.write(ENTER);
  }

  readonly #giveBack = (): void => {
    if (!this.#isTaken) return;
    const { input, output } = this.#streams;
    this.#isTaken = false;
    clearTimeout(this.#sequenceTimer);
    output.write(LEAVE);
    input.off("data", this.#read);
    input.pause();
    this.#modes?.giveBack();
  };

  readonly #read = (bytes: Buffer): void => {
    clearTimeout(this.#sequenceTimer);
    this.#press(this.#parser.feed(bytes));
    if (this.#parser.isWaiting) {
      this.#sequenceTimer = setTimeout(() => this.#press(this.#parser.flush()), SEQUENCE_MS);
    }
  };

  #press(keys: readonly Key[]): void {
    for (const key of keys) {
      if (key.name === "ctrl-c") this.#interrupt();
      else if (key.name === "ctrl-l") this.#redraw();
      else if (key.name === "ctrl-z") this.#stop();
      else this.#pressed.push(key);
    }
    if (keys.length > 0) this.#notify();
  }

  readonly #interrupt = (): void => {
    this.#end = stoppedByPerson();
    this.#notify();
  };

  readonly #redraw = (): void => {
    this.#shown = null;
    this.wake();
  };

  readonly #endBySignal = (signal: NodeJS.Signals): void => {
    this.close();
    process.kill(process.pid, signal);
  };

  /** Stops the whole process group, as Ctrl-Z does when no program handles the key. */
  readonly #stop = (): void => {
    if (process.platform === "win32") return;
    this.#giveBack();
    process.off("SIGTSTP", this.#stop);
    process.kill(0, "SIGTSTP");
    this.#stopTimer = setTimeout(this.#continue, STOP_MS);
  };

  readonly #continue = (): void => {
    clearTimeout(this.#stopTimer);
    process.off("SIGTSTP", this.#stop);
    process.on("SIGTSTP", this.#stop);
    // a change of size meanwhile was signalled to the shell only
    process.kill(process.pid, "SIGWINCH");
    if (this.#isLent) return;
    // after SIGSTOP, which cannot be handled, the terminal was not restored
    if (this.#isTaken) this.#giveBack();
    this.#take();
    this.wake();
  };
}
