/**
 * The day of the last release: a man page says how old it is. It changes with the version in
 * package.json.
 */
const RELEASED = "2026-11-24";

const MAX_LINE = 78;

/** A word that no line of a terminal holds: it may be broken after a comma, a slash or a bar. */
const LONG_WORD = /\S{60,}/g;

/** What heads a man page. */
export interface PageTitle {
  readonly name: string;
  readonly section: 1 | 7;
  readonly summary: string;
  readonly version: string;
}

/** The beginning of a page in the man macros (man(7)), up to its name. */
export function pageHead({ name, section, summary, version }: PageTitle): string {
  return [
    '.\\" Made by `npm run generate`.',
    `.TH ${escapeText(name.toUpperCase())} ${section} ${RELEASED} "fob ${version}" "fob manual"`,
    // narrow columns look better ragged, and words to be typed must not be hyphenated
    ".nh",
    ".ad l",
    ".SH NAME",
    `${escapeText(name)} \\- ${inlineCode(summary)}`,
  ].join("\n");
}

/** Text as roff reads it. */
export function escapeText(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("^", "\\(ha")
    .replaceAll("~", "\\(ti")
    .replaceAll("`", "\\(ga")
    .replaceAll("'", "\\(aq")
    .replace(LONG_WORD, (word) => word.replace(/[,/|]/g, "$&\\:"));
}

/** Text whose words in backticks are to be typed. */
export function inlineCode(text: string): string {
  const parts = text.split("`");
  return line(parts.map((part, i) => (i % 2 === 1 ? bold(part) : escapeText(part))).join(""));
}

/** What is typed as it stands. */
export function bold(text: string): string {
  return `\\fB${escapeText(text)}\\fR`;
}

/** What stands for something else. */
export function italic(text: string): string {
  return `\\fI${escapeText(text)}\\fR`;
}

/** A section, or nothing when it would be empty. Its first paragraph needs no macro. */
export function section(title: string, [first, ...others]: readonly string[]): string[] {
  return first === undefined
    ? []
    : [`.SH ${escapeText(title.toUpperCase())}`, first.replace(/^\.PP\n/, ""), ...others];
}

/** A whole page of these parts, its lines no longer than man pages have them. */
export function page(parts: readonly string[]): string {
  const lines: string[] = [];
  let keepsBreaks = false;
  for (const each of parts.join("\n").split("\n")) {
    if (each === ".nf" || each === ".fi") keepsBreaks = each === ".nf";
    const isWhole = keepsBreaks || each.startsWith(".") || lines.at(-1) === ".TP";
    lines.push(...(isWhole ? [each] : wrap(each)));
  }
  return `${lines.join("\n")}\n`;
}

/** Breaks a line between words. A font goes on in the next one. */
function wrap(text: string): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const longer = [lines.at(-1), word].filter(Boolean).join(" ");
    if (longer.length <= MAX_LINE) lines[lines.length - 1] = longer;
    else lines.push(line(word));
  }
  return lines;
}

/** A term, which is roff already, and what it means. */
export function entry(term: string, meaning: string): string {
  return `.TP\n${line(term)}\n${line(meaning)}`;
}

/** Lines that keep their breaks. */
export function display(text: string): string {
  const lines = text.split("\n").map((each) => (each === "" ? "\\&" : line(escapeText(each))));
  return [".RS 4", ".nf", ...lines, ".fi", ".RE"].join("\n");
}

/** A line of text that roff does not take for a request. */
export function line(text: string): string {
  return /^[.']/.test(text) ? `\\&${text}` : text;
}
