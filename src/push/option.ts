import { fold } from "#token/names.ts";

/**
 * The option that a person means: letter by letter, or in another case where that fits one option
 * alone. Null for none.
 */
export function findOption(options: readonly string[], said: string): string | null {
  if (options.includes(said)) return said;
  const fitting = options.filter((option) => fold(option) === fold(said));
  return fitting.length === 1 ? (fitting[0] ?? null) : null;
}

/** Whether some option begins with a text, in either case. */
export function beginsOption(options: readonly string[], text: string): boolean {
  return options.some((option) => fold(option).startsWith(fold(text)));
}
