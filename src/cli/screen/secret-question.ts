import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { TerminalScreen } from "./terminal-screen.ts";
import { typeInto } from "./typed-line.ts";

/**
 * Reads a line without echo, up to Enter. `draw` draws the screen and returns when to redraw it, in
 * milliseconds. Throws FobError `locked` after Escape.
 */
export async function askSecret(
  screen: Pick<TerminalScreen, "nextKey">,
  draw: () => number,
): Promise<string> {
  let typed = "";
  for (;;) {
    const key = await screen.nextKey(draw());
    if (key?.name === "enter") return typed;
    if (key?.name === "escape") throw new FobError("locked", t("it stays locked"));
    if (key) typed = typeInto(typed, key);
  }
}
