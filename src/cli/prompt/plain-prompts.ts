import { createInterface, type Interface } from "node:readline/promises";
import { Writable } from "node:stream";
import { FobError, stoppedByPerson } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { printable } from "#token/printable.ts";
import { bestMatches } from "./fuzzy.ts";
import type { Choice, Terminal } from "./prompt.ts";

/** A choice that was not understood is asked for again this often. */
const TRIES = 5;

/** Questions as lines of text that stay, for a program that reads the terminal out. */
export class PlainPrompts {
  readonly #terminal: Terminal;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** A yes or no, typed as a word and Enter. */
  async confirm(question: string): Promise<boolean> {
    const answer = (await this.#line(`${printable(question)} ${t("yes or no")}: `))
      .trim()
      .toLowerCase();
    return ["y", "yes", t("yes")].includes(answer);
  }

  /** A line of text that is not empty. */
  async text(question: string): Promise<string> {
    for (;;) {
      const answer = await this.#line(`${printable(question)}: `);
      if (answer !== "") return answer;
    }
  }

  /** A line that nobody sees. */
  secret(question: string): Promise<string> {
    return this.#line(`${t`${printable(question)}, typed unseen`}: `, false);
  }

  /** One of these choices, by its number or by a part of its words that no other has. */
  async pick<T>(question: string, choices: readonly Choice<T>[]): Promise<T> {
    const { stderr } = this.#terminal;
    const lines = choices.map(({ label }, i) => `${i + 1}: ${printable(label)}\n`);
    stderr.write(`${lines.join("")}`);
    for (let tries = 0; tries < TRIES; tries++) {
      const answer = await this.#line(
        `${printable(question)} ${t("Its number, or a part of it")}: `,
      );
      const numbered = /^\d+$/.test(answer) ? choices[Number(answer) - 1] : undefined;
      const [match, ...others] =
        answer === "" ? [] : bestMatches(answer, choices, ({ label }) => label);
      const chosen = numbered ?? (others.length === 0 ? match : undefined);
      if (chosen) return chosen.value;
      stderr.write(`${match ? t("that fits several") : t("that fits none")}\n`);
    }
    throw new FobError("locked", t("nothing was chosen"));
  }

  /** With Ctrl-C and Ctrl-D, FobError `interrupted`. */
  async #line(question: string, isSeen = true): Promise<string> {
    const { stdin, stderr } = this.#terminal;
    stderr.write(question);
    const output = isSeen ? stderr : new Writable({ write: (_chunk, _encoding, done) => done() });
    const lines = createInterface({
      input: stdin,
      output,
      terminal: true,
      historySize: 0,
      prompt: "",
    });
    try {
      return await nextLine(lines);
    } finally {
      lines.close();
      if (!isSeen) stderr.write("\n");
    }
  }
}

function nextLine(lines: Interface): Promise<string> {
  return new Promise((resolve, reject) => {
    const interrupt = () => reject(stoppedByPerson());
    lines.once("line", resolve);
    lines.once("SIGINT", interrupt);
    lines.once("close", interrupt);
  });
}
