import { wantsJson } from "#cli/command-line/own-words.ts";
import type { Host } from "#cli/host.ts";
import { displayWidth } from "./width.ts";

/** The characters that a terminal can show. */
type Charset = "ascii" | "latin-1";

/** What stands for a character that is not in ASCII, in as many cells. */
const INSTEAD: ReadonlyMap<string, string> = new Map([
  ...[..."█▉▊▋▌▍▎▏▀▄"].map((block) => [block, "#"] as const),
  ["░", "."],
  ["…", "~"],
  ["·", "|"],
  ["•", "*"],
  ["❯", ">"],
  ["→", ">"],
  ["←", "<"],
  ["↑", "^"],
  ["↓", "v"],
  ["✔", "+"],
  ["✖", "x"],
  ["–", "-"],
  ["—", "-"],
  ["“", '"'],
  ["”", '"'],
  ["„", '"'],
  ["«", '"'],
  ["»", '"'],
  ["‘", "'"],
  ["’", "'"],
  ["\u00a0", " "],
  ["\u202f", " "],
]);

const OUTSIDE_ASCII = /[^\0-\x7f]/;
const OUTSIDE_LATIN_1 = /[^\0-\xff]/;

/**
 * The charset of the locale of an environment, where it has fewer characters than Unicode; null for
 * UTF-8, and where the environment names none.
 */
export function charsetOf(env: NodeJS.ProcessEnv): Charset | null {
  const locale = env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || "";
  if (/^(?:C|POSIX)$/i.test(locale)) return "ascii";
  const [, codeset] = /\.([^@]*)/.exec(locale) ?? [];
  if (codeset === undefined || /^utf-?8$/i.test(codeset)) return null;
  return /^iso-?8859-?15?$/i.test(codeset) ? "latin-1" : "ascii";
}

/** A text as the locale of an environment can show it. */
export function inLocale(text: string, env: NodeJS.ProcessEnv): string | Buffer {
  const charset = process.platform === "win32" ? null : charsetOf(env);
  return charset === null ? text : encode(text, charset);
}

/** Makes a stream write nothing outside of a charset. Returns a function that ends this. */
export function limitTo(charset: Charset, stream: NodeJS.WriteStream): () => void {
  const write = stream.write.bind(stream) as (...given: unknown[]) => boolean;
  stream.write = ((chunk: unknown, ...more: unknown[]) =>
    write(typeof chunk === "string" ? encode(chunk, charset) : chunk, ...more)) as never;
  return () => {
    stream.write = write as never;
  };
}

/**
 * Keeps what people read within the characters of their locale. JSON is for programs, and so is
 * what does not go to a terminal. Returns a function that ends this.
 */
export function limitToLocale({
  argv,
  env,
  stdout,
  stderr,
}: Pick<Host, "argv" | "env" | "stdout" | "stderr">): () => void {
  const charset = process.platform === "win32" ? null : charsetOf(env);
  if (charset === null || wantsJson(argv)) return () => undefined;
  const limited = stdout.isTTY ? [stdout, stderr] : [stderr];
  const restore = limited.map((stream) => limitTo(charset, stream));
  return () => {
    for (const end of restore) end();
  };
}

function encode(text: string, charset: Charset): string | Buffer {
  if (!OUTSIDE_ASCII.test(text)) return text;
  return charset === "ascii"
    ? inCharset(text, OUTSIDE_ASCII)
    : Buffer.from(inCharset(text, OUTSIDE_LATIN_1), "latin1");
}

/** A text of the same width in which nothing is `outside`. */
function inCharset(text: string, outside: RegExp): string {
  let shown = "";
  // a grapheme cluster stands for one character
  for (const { segment } of new Intl.Segmenter().segment(text))
    shown += outside.test(segment) ? instead(segment, outside) : segment;
  return shown;
}

function instead(segment: string, outside: RegExp): string {
  const known = INSTEAD.get(segment);
  if (known !== undefined) return known;
  // é without its accent is better than nothing
  const bare = segment.normalize("NFKD").replace(/\p{M}/gu, "");
  const width = displayWidth(segment);
  return !outside.test(bare) && displayWidth(bare) === width ? bare : "?".repeat(width);
}
