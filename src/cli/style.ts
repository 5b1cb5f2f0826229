import { Chalk } from "chalk";

/** How results look: colours where they are wanted, and the width of the terminal, or null where there is none. */
export interface Style {
  readonly columns: number | null;
  /** Whether a program reads the result out: no columns, no drawings, one statement a line. */
  readonly isSpoken: boolean;
  readonly hasColor: boolean;
  strong(text: string): string;
  faint(text: string): string;
  good(text: string): string;
  warning(text: string): string;
  bad(text: string): string;
}

/** What decides about colours. */
export interface StyleSettings {
  readonly isTerminal: boolean;
  readonly columns: number | undefined;
  readonly color: "auto" | "always" | "never";
  readonly isSpoken: boolean;
}

/** The style for a stream: with `auto`, colours only on a terminal. */
export function styleFor({ isTerminal, columns, color, isSpoken }: StyleSettings): Style {
  const hasColor = color === "always" || (color === "auto" && isTerminal);
  const chalk = new Chalk({ level: hasColor ? 1 : 0 });
  return {
    columns: isTerminal ? columns || 80 : null,
    isSpoken,
    hasColor,
    strong: chalk.bold,
    faint: chalk.dim,
    good: chalk.green,
    warning: chalk.yellow,
    bad: chalk.red,
  };
}
