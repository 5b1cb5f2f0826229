import { Readable } from "node:stream";

/** The key that stops a program, Ctrl-Z, as a terminal sends it. */
const CTRL_Z = 0x1a;

/**
 * What a person types at one question. A terminal that reads keys one by one sends Ctrl-Z as a key,
 * which libraries handle in ways of their own: here it calls `stop`. `typed` holds what was typed
 * before the question was interrupted; it is typed again.
 */
export class PromptInput extends Readable {
  /** Libraries drop what was typed before a terminal was ready, but `typed` belongs to it. */
  readonly isTTY: boolean;
  readonly #terminal: NodeJS.ReadStream;
  readonly #typed: Buffer[];
  readonly #stop: () => void;
  #isListening = false;

  constructor(terminal: NodeJS.ReadStream, typed: Buffer[], stop: () => void) {
    super();
    this.isTTY = typed.length === 0;
    this.#terminal = terminal;
    this.#typed = typed;
    this.#stop = stop;
  }

  get isRaw(): boolean {
    return this.#terminal.isRaw;
  }

  setRawMode(isRaw: boolean): this {
    // a terminal that has gone cannot be set
    if (!this.#terminal.destroyed) this.#terminal.setRawMode(isRaw);
    return this;
  }

  override _read(): void {
    if (this.#isListening) return;
    this.#isListening = true;
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
    done(error);
  }

  readonly #take = (bytes: Buffer): void => {
    const stop = process.platform === "win32" ? -1 : bytes.indexOf(CTRL_Z);
    const keys = Buffer.from(stop < 0 ? bytes : bytes.subarray(0, stop));
    if (keys.length > 0) {
      this.#typed.push(keys);
      this.push(keys);
    }
    if (stop >= 0) this.#stop();
  };

  readonly #end = (): void => {
    this.push(null);
  };
}
