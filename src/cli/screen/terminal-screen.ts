import { type FobError, stoppedByPerson } from "#base/fob-error.ts";
import { type Key, KeyParser } from "./keys.ts";
import { repaint } from "./repaint.ts";

/** The terminal: what a person types, and where they look. Both must be terminals. */
export interface ScreenStreams {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
}

/** How much a terminal shows, in character cells. */
export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** Alternate screen, cursor hidden, lines cut and not wrapped, pastes in brackets. */
const ENTER = "\u001b[?1049h\u001b[?25l\u001b[?7l\u001b[?2004h";
const LEAVE = "\u001b[?2004l\u001b[?7h\u001b[?25h\u001b[?1049l";

/** What ends a process, after which the terminal must be as it was. */
const ENDINGS: readonly NodeJS.Signals[] = ["SIGTERM", "SIGHUP", "SIGQUIT"];

/** How long the rest of a key's sequence may take, in milliseconds; a lone Escape waits as long. */
const SEQUENCE_MS = 50;

/**
 * By then a process that can be stopped has been, in milliseconds. Where nobody could continue it,
 * the kernel stops none.
 */
const STOP_MS = 150;

/** The longest time of Node's timers, in milliseconds. */
const FOREVER_MS = 2 ** 31 - 1;

/**
 * A terminal that one program draws on: the one place that knows how a terminal is taken and given
 * back. It is given back on every way out: {@link close}, the end of the process by an error or a
 * signal, Ctrl-Z (and taken again when the process continues).
 *
 * It is used in a loop: draw what there is, wait for a key or for time to pass, change what there
 * is.
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
  /** Null when anything may be there. */
  #shown: readonly string[] | null = null;
  #isTaken = false;
  #isLent = false;
  #isStale = false;
  #end: FobError | null = null;
  #notify: () => void = () => undefined;
  #sequenceTimer: NodeJS.Timeout | undefined;
  #stopTimer: NodeJS.Timeout | undefined;

  constructor(streams: ScreenStreams) {
    this.#streams = streams;
    const { input, output } = streams;
    for (const signal of ENDINGS) process.on(signal, this.#endBySignal);
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
   * Shows these lines, the first at the top; the rest of the screen is empty. Lines hold nothing
   * but text and colours, and end with the colours they began with; what is wider or longer than
   * the screen is cut. Only lines that changed are written.
   */
  draw(lines: readonly string[]): void {
    if (!this.#isTaken) return;
    const fitting = lines.slice(0, this.size.rows);
    const changes = repaint(this.#shown, fitting);
    this.#shown = fitting;
    if (changes !== "") this.#streams.output.write(changes);
  }

  /**
   * The next key, or null when it is time to draw anew: `patience` milliseconds are over, the size
   * changed, the process continues, or {@link wake} was called. Throws FobError `interrupted` after
   * Ctrl-C, or when the terminal is gone.
   */
  async nextKey(patience: number): Promise<Key | null> {
    if (this.#pressed.length === 0 && !this.#isStale && !this.#end) await this.#change(patience);
    this.#isStale = false;
    if (this.#end) throw this.#end;
    return this.#pressed.shift() ?? null;
  }

  /**
   * Lets {@link nextKey} return at once: something other than a key has changed what is to be
   * shown.
   */
  wake(): void {
    this.#isStale = true;
    this.#notify();
  }

  /** Gives the terminal back while `work` uses it, for questions of other makers. */
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

  /** Gives the terminal back for good. */
  close(): void {
    const { input, output } = this.#streams;
    for (const signal of ENDINGS) process.off(signal, this.#endBySignal);
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
    // a shell that stopped us has changed the terminal behind Node's back, which sets only what it
    // does not believe to be set
    input.setRawMode(false);
    input.setRawMode(true);
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
    // a terminal that has gone cannot be set
    if (!input.destroyed) input.setRawMode(false);
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

  /**
   * Stops all that the shell started together with this process, as Ctrl-Z does where no program
   * takes the key.
   */
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
    // a size that changed meanwhile was told to the shell alone
    process.kill(process.pid, "SIGWINCH");
    if (this.#isLent) return;
    // where the stop could not be seen coming (SIGSTOP), the terminal is the shell's without having
    // been given back
    if (this.#isTaken) this.#giveBack();
    this.#take();
    this.wake();
  };
}
