/** The options of a command line that prints passcodes of named tokens. */
export interface CodeOptions {
  readonly names: readonly string[];
  readonly json: boolean;
  /** The template of `--format`. */
  readonly format: string | null;
  readonly next: boolean;
  /** The time of `--at`. */
  readonly at: string | null;
}

const FLAGS = ["--json", "--next"];
const OPTIONS_WITH_VALUES = ["--format", "--at"];

/**
 * Parses the words after `code`: NAMEs, `--json`, `--format`, `--next` and `--at`. Null for any
 * other command line and for a wrong one, which the whole program handles.
 */
export function parseCodeOptions(words: readonly string[]): CodeOptions | null {
  const names: string[] = [];
  const given = new Map<string, string>();
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? "";
    const [option = "", ...value] = word.split("=");
    if (!word.startsWith("-")) names.push(word);
    else if (FLAGS.includes(word)) given.set(word, "");
    else if (!OPTIONS_WITH_VALUES.includes(option)) return null;
    else given.set(option, value.length > 0 ? value.join("=") : valueAt(words, ++i));
  }
  const [format = null, at = null] = [given.get("--format"), given.get("--at")];
  const [json, next] = [given.has("--json"), given.has("--next")];
  const isEmpty = [...names, format, at].some((text) => text?.trim() === "");
  const isContradiction = next && at !== null;
  if (names.length === 0 || isEmpty || isContradiction) return null;
  return { names, json, format, next, at };
}

/**
 * The value at this position; empty for what may be an option, because commander accepts global
 * options everywhere.
 */
function valueAt(words: readonly string[], i: number): string {
  const word = words[i] ?? "";
  return word.startsWith("-") ? "" : word;
}
