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

/**
 * Parses the words after `code`: NAMEs, `--json`, `--format`, `--next` and `--at`. Null for any
 * other command line and for a wrong one, which the whole program handles.
 */
export function parseCodeOptions(words: readonly string[]): CodeOptions | null {
  const names: string[] = [];
  const values: { format: string | null; at: string | null } = { format: null, at: null };
  let [json, next] = [false, false];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? "";
    if (word === "--json") json = true;
    else if (word === "--next") next = true;
    else if (word === "--format") values.format = valueAt(words, ++i);
    else if (word.startsWith("--format=")) values.format = word.slice("--format=".length);
    else if (word === "--at") values.at = valueAt(words, ++i);
    else if (word.startsWith("--at=")) values.at = word.slice("--at=".length);
    else if (word.startsWith("-")) return null;
    else names.push(word);
  }
  const { format, at } = values;
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
