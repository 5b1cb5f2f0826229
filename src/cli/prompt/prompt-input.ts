import { Readable } from "node:stream";

/** The key that stops a program, Ctrl-Z, as a terminal sends it. */
const CTRL_Z = 0x1a;

/** The keys that end a line. */
const ENTER = /[\r\n]/;

/** What a terminal sends before a pasted text, which may have several lines. */
const PASTE = "\u001b[200~";

/** What a person does beside typing an answer. */
export interface Leaving {
  /** Ctrl-Z, which libraries handle in ways of their own. */
  stop(): void;
  /** Ctrl-D, with which a library closes its input, or the end of the terminal. */
  leave(): void;
}

/**
 * What a person types at one question, on a terminal that gives keys one by one. `typed` holds what
 * was typed before the question was interrupted; it is typed again. A line that was typed ahead
 * stays with the terminal for the next question.
 */
export class PromptInput extends Readable {
  /** Libraries drop what was typed before a terminal was ready, but `typed` belongs to it. */
  readonly isTTY: boolean;
  readonly #terminal: NodeJS.ReadStream;
  readonly #typed: Buffer[];
  readonly #leaving: Leaving;
  #isListening = false;
  /** What was typed after the line that the question is reading. */
  #ahead: Buffer = Buffer.alloc(0);

  constructor(terminal: NodeJS.ReadStream, typed: Buffer[], leaving: Leaving) {
    super();
    this.isTTY = typed.length === 0 && terminal.readableLength === 0;
    this.#terminal = terminal;
    this.#typed = typed;
    this.#leaving = leaving;
  }

  /** The terminal is taken already. A library that wants it no more has closed the question. */
  setRawMode(isRaw: boolean): this {
    if (!isRaw) this.#leaving.leave();
    return this;
  }

  override _read(): void {
    if (this.#isListening) return;
    this.#isListening = true;
    // a terminal that went away sends SIGCONT, too: its end came before this question
    if (this.#terminal.readableEnded || this.#terminal.destroyed) {
      this.#end();
      return;
    }
    for (const bytes of this.#typed) this.push(bytes);
    this.#terminal.on("data", this.#take);
    this.#terminal.on("end", this.#end);
    this.#terminal.on("error", this.#end);
    this.#terminal.resume();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#terminal.off("data", this.#take);
    this.#terminal.off("end", this.#end);
    this.#terminal.off("error", this.#end);
    this.#terminal.pause();
    if (this.#ahead.length > 0) this.#terminal.unshift(this.#ahead);
    done(error);
  }

  readonly #take = (bytes: Buffer): void => {
    if (this.#ahead.length > 0) {
      this.#ahead = Buffer.concat([this.#ahead, bytes]);
      return;
    }
    const text = bytes.toString("latin1");
    const end = text.includes(PASTE) ? -1 : text.search(ENTER);
    const line = end < 0 ? bytes : bytes.subarray(0, end + 1);
    this.#ahead = Buffer.from(bytes.subarray(line.length));
    if (this.#ahead.length > 0) this.#goOnUnlessAnswered();
    this.#type(line);
  };

  #type(bytes: Buffer): void {
    const stop = process.platform === "win32" ? -1 : bytes.indexOf(CTRL_Z);
    const keys = Buffer.from(stop < 0 ? bytes : bytes.subarray(0, stop));
    if (keys.length > 0) {
      this.#typed.push(keys);
      this.push(keys);
    }
    if (stop >= 0) this.#leaving.stop();
  }

  /** A line that is no answer is followed by the next one. An answer ends this stream by then. */
  #goOnUnlessAnswered(): void {
    setImmediate(() =>
      setImmediate(() => {
        if (this.destroyed) return;
        const ahead = this.#ahead;
        this.#ahead = Buffer.alloc(0);
        this.#take(ahead);
      }),
    );
  }

  /** Without an end of the stream, for which a library would answer with what was typed so far. */
  readonly #end = (): void => this.#leaving.leave();
}
