import type { Host } from "#cli/host.ts";

/**
 * Where a person types and reads. The prompts of the package look at the environment for colors.
 */
export type Terminal = Pick<Host, "stdin" | "stderr" | "env">;

/** One of several things a person may choose. */
export interface Choice<T> {
  readonly label: string;
  readonly value: T;
}

/**
 * How work that waits for a person hears that it need not, and says what else the person should do.
 */
export interface Watch {
  readonly signal: AbortSignal;
  tell(text: string): void;
}

/**
 * Questions to the person at the terminal. Each throws FobError `locked` when nobody is there,
 * naming `instead`.
 */
export interface Prompt {
  readonly available: boolean;
  confirm(question: string, instead: string): Promise<boolean>;
  text(question: string, instead: string): Promise<string>;
  /** Asks without echo. */
  secret(question: string, instead: string): Promise<string>;
  /**
   * Waits for something that a person does elsewhere, as `question` says; resolves with whether it
   * was done, or the person pressed Enter to do something else instead. Rejects as `work` does.
   */
  wait(question: string, work: (watch: Watch) => Promise<void>): Promise<boolean>;
  /** Lets a person narrow the choices by typing. */
  pick<T>(question: string, choices: readonly Choice<T>[], instead: string): Promise<T>;
}
