/** What a command line with one passcode for its result says. */
export interface CodeOptions {
  readonly name: string;
  readonly json: boolean;
  /** The template of `--format`. */
  readonly format: string | null;
}

/**
 * The words after `code`: a NAME, `--json` and `--format`. Null for every other command line, and
 * for one that is wrong: the whole program understands those.
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

/** An empty text for what may be an option: commander looks for global options everywhere. */
function templateAt(words: readonly string[], i: number): string {
  const word = words[i] ?? "";
  return word.startsWith("-") ? "" : word;
}
