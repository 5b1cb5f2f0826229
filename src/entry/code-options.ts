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

const FLAGS: ReadonlySet<string> = new Set(["--json", "--next"]);
const VALUES: ReadonlySet<string> = new Set(["--format", "--at"]);

/** The words of a command line: names, flags, and the last value of each other option. */
interface Words {
  readonly names: readonly string[];
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
}

/**
 * Parses the words after `code`: NAMEs, `--json`, `--format`, `--next` and `--at`. Null for any
 * other command line and for a wrong one, which the whole program handles.
 */
export function parseCodeOptions(words: readonly string[]): CodeOptions | null {
  const sorted = sortWords(words);
  if (sorted === null) return null;
  const { names, flags, values } = sorted;
  const [format, at] = [values.get("--format") ?? null, values.get("--at") ?? null];
  const next = flags.has("--next");
  const isEmpty = [...names, ...values.values()].some((text) => text.trim() === "");
  if (names.length === 0 || isEmpty || (next && at !== null)) return null;
  return { names, json: flags.has("--json"), format, next, at };
}

/** Null where a word is none of the known options. */
function sortWords(words: readonly string[]): Words | null {
  const names: string[] = [];
  const flags = new Set<string>();
  const values = new Map<string, string>();
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? "";
    const [option = "", ...given] = word.split("=");
    if (!word.startsWith("-")) names.push(word);
    else if (FLAGS.has(word)) flags.add(word);
    else if (!VALUES.has(option)) return null;
    else values.set(option, given.length > 0 ? given.join("=") : valueAt(words, ++i));
  }
  return { names, flags, values };
}

/**
 * The value at this position; empty for what may be an option, because commander accepts global
 * options everywhere.
 */
function valueAt(words: readonly string[], i: number): string {
  const word = words[i] ?? "";
  return word.startsWith("-") ? "" : word;
}
