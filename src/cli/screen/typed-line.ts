import type { Key } from "./keys.ts";
import { withoutLast } from "./watch-state.ts";

/** What is typed after one more key: text, Backspace, or Ctrl-U, which takes it all away. */
export function typeInto(typed: string, key: Key): string {
  if ("text" in key) return typed + key.text;
  if (key.name === "backspace") return withoutLast(typed);
  return key.name === "ctrl-u" ? "" : typed;
}
