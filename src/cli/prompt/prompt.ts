import type { Host } from "#cli/host.ts";
import type { Screen } from "#cli/screen/screen.ts";

/** The terminal of a person. @inquirer/prompts reads colour variables from `env`. */
export type Terminal = Pick<Host, "stdin" | "stderr" | "env">;

/** One of several choices. */
export interface Choice<T> {
  readonly label: string;
  /** What of the label chooses it alone when it is typed whole; the label by default. */
  readonly name?: string;
  readonly value: T;
}

/**
 * For work that waits for a person: `signal` aborts when it need not wait any longer, `tell` shows
 * instructions.
 */
export interface Watch {
  readonly signal: AbortSignal;
  tell(text: string): void;
}

/**
 * Questions to the person at the terminal. Each throws FobError `locked` when there is no terminal;
 * the hint is `instead`, the option that answers the question.
 */
export interface Prompt {
  readonly available: boolean;
  /** Throws FobError `interrupted` when `end` aborts, and leaves the terminal as it was. */
  confirm(question: string, instead: string, end?: AbortSignal): Promise<boolean>;
  text(question: string, instead: string): Promise<string>;
  /** Asks without echo. */
  secret(question: string, instead: string): Promise<string>;
  /**
   * Asks without echo for a text that may be pasted, of one line or several.
   */
  pasted(question: string, instead: string): Promise<string>;
  /**
   * Waits for something that the person does elsewhere, as `question` says. Resolves with true when
   * it is done, with false when the person pressed Enter to skip it. Rejects as `work` does.
   */
  wait(question: string, work: (watch: Watch) => Promise<void>): Promise<boolean>;
  /**
   * Lends the person's terminal for a question that is drawn on all of it. Null where questions are
   * lines, which a screen reader reads aloud.
   */
  draw<T>(
    question: string,
    instead: string,
    work: (screen: Screen) => Promise<T>,
  ): Promise<{ readonly done: T } | null>;
  /** Asks for one of the choices; typing narrows them. */
  pick<T>(question: string, choices: readonly Choice<T>[], instead: string): Promise<T>;
}
