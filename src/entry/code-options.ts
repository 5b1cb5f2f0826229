/** The options of a command line that prints one passcode. */
export interface CodeOptions {
  readonly name: string;
  readonly json: boolean;
  /** The template of `--format`. */
  readonly format: string | null;
}

/**
 * Parses the words after `code`: a NAME, `--json` and `--format`. Null for any other command line
 * and for a wrong one, which the whole program handles.
 */
export function parseCodeOptions(words: readonly string[]): CodeOptions | null {
  const names: string[] = [];
  let json = false;
  let format: string | null = null;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? "";
    if (word === "--json") json = true;
    else if (word === "--format") format = templateAt(words, ++i);
    else if (word.startsWith("--format=")) format = word.slice("--format=".length);
    else if (word.startsWith("-")) return null;
    else names.push(word);
  }
  const [name, ...others] = names;
  if (name === undefined || others.length > 0 || name.trim() === "") return null;
  return format?.trim() === "" ? null : { name, json, format };
}

/**
 * The template at this position; empty for what may be an option, because commander accepts global
 * options everywhere.
 */
function templateAt(words: readonly string[], i: number): string {
  const word = words[i] ?? "";
  return word.startsWith("-") ? "" : word;
}
