import { createInterface, type Interface } from "node:readline/promises";
import { Writable } from "node:stream";
import { FobError, stoppedByPerson } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { writeLines } from "#cli/output/remark.ts";
import { printable } from "#token/printable.ts";
import { type Borrowed, borrowTerminal } from "./borrowed-terminal.ts";
import { bestMatches } from "./fuzzy.ts";
import { isYes } from "./is-yes.ts";
import type { Choice, Terminal } from "./prompt.ts";
import { questionLines } from "./question-lines.ts";

/** How often an invalid choice is asked for again. */
const TRIES = 5;

interface LineOptions {
  /** Whether what is typed is shown. */
  readonly isSeen?: boolean;
  /** Until when an answer is waited for. */
  readonly end?: AbortSignal | undefined;
}

/** Prompts as plain lines that stay on the terminal, for screen readers. */
export class PlainPrompts {
  readonly #terminal: Terminal;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Asks for yes or no, typed as a word and Enter. */
  async confirm(question: string, end?: AbortSignal): Promise<boolean> {
    const answer = await this.#line(`${question} ${t("yes or no")}:`, { end });
    return isYes(answer);
  }

  /** Asks for a line that is not empty. */
  async text(question: string): Promise<string> {
    for (;;) {
      const answer = await this.#line(`${question}:`);
      if (answer !== "") return answer;
    }
  }

  /** Asks for a line without echo. */
  secret(question: string): Promise<string> {
    return this.#line(`${t`${question}, typed unseen`}:`, { isSeen: false });
  }

  /** Asks for one of the choices, by its number or by a unique part of its label. */
  async pick<T>(question: string, choices: readonly Choice<T>[]): Promise<T> {
    const { stderr } = this.#terminal;
    const lines = choices.map(({ label }, i) => `${i + 1}: ${printable(label)}\n`);
    writeLines(stderr, lines.join(""));
    for (let tries = 0; tries < TRIES; tries++) {
      const answer = await this.#line(`${question} ${t("Its number, or a part of it")}:`);
      const { chosen, isAmbiguous } = findChoice(answer.trim(), choices);
      if (chosen) return chosen.value;
      stderr.write(`${isAmbiguous ? t("that fits several") : t("that fits none")}\n`);
    }
    throw new FobError("locked", t("nothing was chosen"));
  }

  /** Rejects with FobError `interrupted` after Ctrl-C or Ctrl-D, and when `end` aborts. */
  async #line(question: string, { isSeen = true, end }: LineOptions = {}): Promise<string> {
    const { stderr } = this.#terminal;
    const lines = questionLines(question, (stderr.columns || 80) - 1);
    const shown = `${lines.join("\n")} `;
    const output = isSeen ? stderr : new Writable({ write: (_chunk, _encoding, done) => done() });
    const put = async ({ input, signal }: Borrowed) => {
      stderr.write(shown);
      // this makes the terminal raw, so a signal that comes now must be heard already
      const typed = createInterface({ input, output, terminal: true, historySize: 0, prompt: "" });
      signal.addEventListener("abort", () => typed.close());
      try {
        return await nextLine(typed);
      } finally {
        typed.close();
        if (!isSeen || signal.aborted) stderr.write("\n");
      }
    };
    return borrowTerminal(this.#terminal, put, { end });
  }
}

/** The choice with this whole name, or this number, or the only one with this part. */
function findChoice<T>(answer: string, choices: readonly Choice<T>[]) {
  const whole = (fold: (text: string) => string) =>
    choices.filter(({ name, label }) => fold(name ?? label) === fold(answer));
  const candidates = [
    whole((text) => text),
    whole((text) => text.toLowerCase()),
    /^\d+$/.test(answer) ? choices.slice(Number(answer) - 1, Number(answer)) : [],
    answer === "" ? [] : bestMatches(answer, choices, ({ label }) => label),
  ];
  const [chosen, ...others] = candidates.find(({ length }) => length === 1) ?? [];
  const isAmbiguous = candidates.some(({ length }) => length > 1);
  return { chosen: others.length === 0 ? chosen : undefined, isAmbiguous };
}

function nextLine(lines: Interface): Promise<string> {
  return new Promise((resolve, reject) => {
    const interrupt = () => reject(stoppedByPerson());
    lines.once("line", resolve);
    lines.once("SIGINT", interrupt);
    lines.once("close", interrupt);
  });
}
