import { stoppedByPerson } from "#base/fob-error.ts";
import { plural } from "#base/language.ts";
import { displayWidth } from "#cli/output/width.ts";
import { type Key, KeyParser } from "#cli/screen/keys.ts";
import { typeInto } from "#cli/screen/typed-line.ts";
import { borrowTerminal } from "./borrowed-terminal.ts";
import type { Terminal } from "./prompt.ts";
import { questionLines } from "./question-lines.ts";

/** Begin and end of bracketed paste: the terminal marks what is pasted. */
const MARK_PASTES = "\u001b[?2004h";
const LEAVE_PASTES = "\u001b[?2004l";

/**
 * A line break that more input follows within this time was pasted, at a terminal that does not
 * mark what is pasted. In milliseconds.
 */
const PASTE_MS = 80;

/** Longer than what people paste: the largest key containers of one token are smaller. */
const MAX_LENGTH = 1024 * 1024;

/** How a question for a text is drawn. */
export interface PasteLook {
  /** Whether the question stays, for a screen reader; else it erases itself. */
  readonly stays: boolean;
}

/**
 * Asks for a text without echo, and takes a pasted text whole: its line breaks belong to it, and
 * Enter ends it. Says how many lines have arrived. Rejects with FobError `interrupted` after
 * Ctrl-C, Ctrl-D or the end of the terminal.
 */
export function askPastedText(
  question: string,
  terminal: Terminal,
  look: PasteLook,
): Promise<string> {
  const { stderr } = terminal;
  return borrowTerminal(
    terminal,
    async ({ input, signal }) => {
      const shown = new ShownQuestion(`${question}: `, stderr, look);
      input.setRawMode(true);
      stderr.write(MARK_PASTES);
      try {
        return await readText(input, signal, (text) => shown.tell(text));
      } finally {
        stderr.write(LEAVE_PASTES);
        input.setRawMode(false);
        shown.end();
      }
    },
    { leave: LEAVE_PASTES },
  );
}

/** The question, and how much of a pasted text has arrived. */
class ShownQuestion {
  readonly #stderr: NodeJS.WriteStream;
  readonly #question: string;
  readonly #look: PasteLook;
  #shown: string;

  constructor(question: string, stderr: NodeJS.WriteStream, look: PasteLook) {
    this.#question = question;
    this.#stderr = stderr;
    this.#look = look;
    this.#shown = this.#inLines("");
    stderr.write(this.#shown);
  }

  /** Says how many lines there are. A line more is no secret; its length might be. */
  tell(text: string): void {
    const lines = text.split("\n").filter((line) => line.trim() !== "").length;
    const next = this.#inLines(lines > 1 ? `[${plural(lines, "line")}]` : "");
    if (next === this.#shown || this.#look.stays) return;
    this.#erase();
    this.#stderr.write(next);
    this.#shown = next;
  }

  /** Broken at words, where a terminal would break anywhere. */
  #inLines(more: string): string {
    const lines = questionLines(`${this.#question}${more}`, this.#columns - 1);
    return `${lines.join("\n")} `;
  }

  get #columns(): number {
    return this.#stderr.columns || 80;
  }

  end(): void {
    if (this.#look.stays) this.#stderr.write("\n");
    else this.#erase();
  }

  #erase(): void {
    const rows = (line: string) => Math.max(1, Math.ceil(displayWidth(line) / this.#columns));
    const above = this.#shown.split("\n").reduce((sum, line) => sum + rows(line), -1);
    this.#stderr.write(`\r${above > 0 ? `\u001b[${above}A` : ""}\u001b[J`);
  }
}

/** The text up to Enter. `told` is called with all of it when some has arrived. */
function readText(
  input: NodeJS.ReadStream,
  signal: AbortSignal,
  told: (text: string) => void,
): Promise<string> {
  const parser = new KeyParser({ keepsLines: true });
  let text = "";
  let timer: NodeJS.Timeout | undefined;
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(stoppedByPerson());
    };
    const take = (key: Key) => {
      if (key.name === "ctrl-c" || key.name === "ctrl-d") return stop();
      if (key.name === "enter") text += "\n";
      else text = typeInto(text, key).slice(0, MAX_LENGTH);
    };
    input.on("data", (bytes: Buffer) => {
      clearTimeout(timer);
      const keys = parser.feed(bytes);
      for (const key of keys) take(key);
      told(text);
      // a line break at the end of a marked paste is part of the text
      if (text.trim() !== "" && keys.at(-1)?.name === "enter")
        timer = setTimeout(() => resolve(text), PASTE_MS);
    });
    input.on("end", stop);
    input.on("error", stop);
    signal.addEventListener("abort", stop);
  });
}
