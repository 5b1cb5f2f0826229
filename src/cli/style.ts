import { Chalk } from "chalk";

/** How results look: colours where they are wanted, and the width of the terminal, or null where there is none. */
export interface Style {
  readonly columns: number | null;
  /** Whether a program reads the result out: no columns, no drawings, one statement a line. */
  readonly isSpoken: boolean;
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
  readonly noColor: boolean;
  readonly isSpoken: boolean;
  readonly env: NodeJS.ProcessEnv;
}

/** The style for a stream: colours only on a terminal, unless NO_COLOR, FORCE_COLOR, --no-color or TERM=dumb say otherwise. */
export function styleFor({ isTerminal, columns, noColor, isSpoken, env }: StyleSettings): Style {
  const chalk = new Chalk({ level: wantsColor(isTerminal, noColor, env) ? 1 : 0 });
  return {
    columns: isTerminal ? columns || 80 : null,
    isSpoken,
    strong: chalk.bold,
    faint: chalk.dim,
    good: chalk.green,
    warning: chalk.yellow,
    bad: chalk.red,
  };
}

function wantsColor(isTerminal: boolean, noColor: boolean, env: NodeJS.ProcessEnv): boolean {
  if (noColor || env["NO_COLOR"]) return false;
  const forced = env["FORCE_COLOR"];
  if (forced !== undefined) return forced !== "0" && forced !== "false";
  return isTerminal && env["TERM"] !== "dumb";
}
