import type { Style } from "#cli/output/style.ts";
import type { TerminalScreen } from "./terminal-screen.ts";

/** A terminal to draw on, and the style of its text. */
export interface Screen {
  readonly terminal: TerminalScreen;
  readonly style: Style;
}
