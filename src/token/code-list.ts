import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { stripControls } from "./printable.ts";

/** The most recovery codes of a token, and the most entries of a list of one-time passwords. */
export const MAX_CODES = 1_000;

/** The longest text that codes are looked for in, in UTF-16 units. */
export const MAX_CODE_LIST = 256 * 1024;

/** The longest code, in UTF-16 units; npm's have 64. */
export const MAX_CODE_LENGTH = 128;

/** The fewest letters and digits of a code. */
const MIN_CODE_LENGTH = 4;

/** Codes in groups have groups that are shorter; longer words beside each other are two codes. */
const LONG_GROUP = 6;

/** A recovery code of a service. */
export interface RecoveryCode {
  readonly code: string;
  /** When it was given, as ISO 8601 text; null for one that is left. */
  readonly usedAt: string | null;
}

/** Codes in their order; the same one may be there more than once. */
export interface CodeList {
  readonly codes: readonly string[];
  /**
   * The numbers that stand before them, in ascending order; null where they are not numbered. A
   * number that stands before several codes is there as often.
   */
  readonly numbers: readonly number[] | null;
}

/** Something in a list that may be a code. */
interface Candidate {
  readonly words: readonly string[];
  /** The number that stands before it, if there is one. */
  readonly number: number | null;
}

/**
 * The codes in a text as services print it: one a line or in columns, with numbers, bullets, boxes
 * and commas, between headings and advice. The codes of one list look alike, so those of the form
 * that occurs most often are taken. Empty where there are none.
 */
export function findCodes(text: string): CodeList {
  const lines = withoutColors(text.slice(0, MAX_CODE_LIST)).split(/[\r\n\u2028\u2029]/);
  const candidates = withBareNumbers(
    lines.flatMap((line) => joinNumbers(cellsOf(line)).flatMap(candidatesIn)),
  );
  return inOrder(ofUsualShape(candidates.filter(isPossible)));
}

/**
 * Each line of a text that is not empty, as a code. Throws FobError `invalid` for a line that is
 * too long: a code that is cut is none.
 */
export function linesAsCodes(text: string): CodeList {
  const lines = withoutColors(text.slice(0, MAX_CODE_LIST)).split(/\r\n|[\r\n]/);
  const codes = lines.map((line) => stripControls(line).trim());
  const long = codes.findIndex((code) => code.length > MAX_CODE_LENGTH);
  if (long !== -1)
    throw new FobError(
      "invalid",
      t`line ${long + 1}: a code has at most ${MAX_CODE_LENGTH} characters`,
    );
  return { codes: codes.filter((code) => code !== ""), numbers: null };
}

/** The form of a code, with its groups and what is between them: `xxxxx-xxxxx`. */
export function shapeOf(code: string): string {
  return code.replace(/[^ -]/gu, "x");
}

/** A text without what colours it at a terminal: that must not become a part of a code. */
function withoutColors(text: string): string {
  const [first = "", ...others] = text.split("\u001b");
  return [first, ...others.map((part) => part.replace(/^\[[0-9;]{0,32}[A-Za-z]/, ""))].join("");
}

/** The parts of a line that stand apart: columns, items between commas, what follows a label. */
function cellsOf(line: string): readonly string[] {
  const plain = stripControls(line.replaceAll("\t", "  "))
    .replace(/[\u2010-\u2015\u2212]/g, "-")
    .replace(/[\u2000-\u200a\u3000]|\u00a0/g, " ")
    .replace(/[|,;"'`[\](){}<>*\u2022\u25a0-\u25ef\u2610-\u2612\u2713-\u2718\u00b7]/g, "  ")
    .replaceAll(": ", "  ");
  return plain
    .split("  ")
    .map((cell) => cell.trim())
    .filter((cell) => cell !== "" && cell !== "-");
}

/** A number that is a column of its own belongs to the column after it. */
function joinNumbers(cells: readonly string[]): readonly string[] {
  const joined: string[] = [];
  let number: string | null = null;
  for (const cell of cells) {
    if (/^#?[0-9]{1,3}[.:]?$/.test(cell) && number === null) {
      number = cell;
      continue;
    }
    joined.push(number === null ? cell : `${number} ${cell}`);
    number = null;
  }
  return number === null ? joined : [...joined, number];
}

/** What may be codes in one cell: all of it, or what stands between its numbers. */
function candidatesIn(cell: string): readonly Candidate[] {
  const found: { words: string[]; number: number | null }[] = [];
  let current: (typeof found)[number] = { words: [], number: null };
  for (const word of cell.split(" ")) {
    const numbered = numberBefore(word);
    if (numbered) {
      found.push(current);
      current = { words: [], number: numbered.number };
    }
    const rest = (numbered?.rest ?? word).replace(/^#/, "");
    // a bullet, or what stands between a number and its code
    const text = current.words.length === 0 ? rest.replace(/^-/, "") : rest;
    if (text !== "" && text !== "-") current.words.push(text);
  }
  return [...found, current].flatMap(separateWords);
}

/** The number with which a word begins, `1.` or `#1:`, and the rest of the word. */
function numberBefore(word: string): { readonly number: number; readonly rest: string } | null {
  const [, digits, rest = ""] = /^#?([0-9]{1,6})[.:](\S*)$/.exec(word) ?? [];
  return digits === undefined ? null : { number: Number(digits), rest };
}

/** Words that look alike, and are too long to be groups of one code, are codes of their own. */
function separateWords(candidate: Candidate): readonly Candidate[] {
  const { words } = candidate;
  const [first = ""] = words;
  const areAlike = words.every((word) => shapeOf(word) === shapeOf(first));
  const areWhole = first.includes("-") || first.length >= LONG_GROUP;
  const areCodes = words.length > 1 && areAlike && areWhole && words.some(hasDigit);
  return areCodes ? words.map((word) => ({ words: [word], number: null })) : [candidate];
}

/**
 * Takes numbers without a mark for numbers, where those before codes of one form count from one to
 * the next.
 */
function withBareNumbers(candidates: readonly Candidate[]): readonly Candidate[] {
  const counted = groupBy(
    candidates.filter(
      ({ words: [first = "", ...rest], number }) =>
        number === null && rest.length > 0 && /^[0-9]{1,4}$/.test(first),
    ),
    ({ words }) => shapeOf(words.slice(1).join(" ")),
  );
  const numbered = new Set(
    [...counted.values()]
      .filter((some) => areBareNumbers(some.map(({ words }) => Number(words[0]))))
      .flat(),
  );
  return candidates.map((candidate) =>
    numbered.has(candidate)
      ? { words: candidate.words.slice(1), number: Number(candidate.words[0]) }
      : candidate,
  );
}

/**
 * Whether numbers, as they come in the text, number something though no mark says so. Codes in
 * short groups begin with numbers, too: those are in no order, and some come again.
 */
function areBareNumbers(numbers: readonly number[]): boolean {
  if (!isCounting(numbers)) return false;
  if (new Set(numbers).size === numbers.length) return true;
  return numbers.every((number, i) => i === 0 || number >= (numbers[i - 1] ?? 0));
}

/** Whether these number something: most differ, and few are left out. Two of them begin with 1. */
function isCounting(numbers: readonly number[]): boolean {
  const sorted = [...new Set(numbers)].sort((a, b) => a - b);
  const [first = 0, last = 0] = [sorted[0], sorted.at(-1)];
  const isLong = sorted.length > 2 || (sorted.length === 2 && first === 1);
  return isLong && last - first < 3 * sorted.length;
}

/** Whether this can be a code at all: letters, digits and dashes, and of groups all alike. */
function isPossible({ words }: Candidate): boolean {
  const text = words.join(" ");
  const groups = words.flatMap((word) => word.split("-"));
  const length = groups.join("").length;
  const [first = ""] = words;
  return (
    length >= MIN_CODE_LENGTH &&
    text.length <= MAX_CODE_LENGTH &&
    groups.every((group) => /^[0-9A-Za-z_]+$/.test(group)) &&
    words.every((word) => shapeOf(word) === shapeOf(first)) &&
    !/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text)
  );
}

/** The candidates of the form that most of those have that are surely codes. */
function ofUsualShape(candidates: readonly Candidate[]): readonly Candidate[] {
  const byShape = groupBy(candidates, ({ words }) => shapeOf(words.join(" ")));
  const rated = [...byShape.values()].flatMap((some) => {
    const sure = some.filter(isSure).length;
    return sure * 2 >= some.length ? [{ some, sure }] : [];
  });
  const best = rated.reduce<(typeof rated)[number] | null>(
    (one, other) => (one && !isBetter(other, one) ? one : other),
    null,
  );
  if (!best) return [];
  // a heading that is as long as the codes
  const start = best.some.findIndex(isSure);
  return best.some.filter(({ words: [word = ""] }, i) => i >= start || !/^[A-Z][a-z]+$/.test(word));
}

interface Rated {
  readonly some: readonly Candidate[];
  readonly sure: number;
}

function isBetter(one: Rated, other: Rated): boolean {
  if (one.sure !== other.sure) return one.sure > other.sure;
  const length = ({ some: [first] }: Rated) => first?.words.join("").length ?? 0;
  return length(one) > length(other);
}

/** Whether it looks like a code by itself: with digits, or in groups of one length with dashes. */
function isSure({ words }: Candidate): boolean {
  const groups = words.join(" ").split("-");
  const areEven = groups.every((group) => group.length === groups[0]?.length);
  return words.some(hasDigit) || (groups.length > 1 && areEven);
}

function hasDigit(word: string): boolean {
  return /[0-9]/.test(word);
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

/** Numbered codes by their numbers, others as they were read. */
function inOrder(found: readonly Candidate[]): CodeList {
  const textOf = ({ words }: Candidate) => words.join(" ");
  const numbers = found.flatMap(({ number }) => number ?? []);
  // lists of Markdown may have the same number before each line
  const isEachAlike = found.length > 1 && new Set(numbers).size === 1;
  if (found.length === 0 || numbers.length < found.length || isEachAlike)
    return { codes: found.map(textOf), numbers: null };
  // a line that is there twice, number and all, is one entry
  const once = [...groupBy(found, (one) => `${one.number} ${textOf(one)}`).values()].map(
    ([first]) => first as Candidate,
  );
  const sorted = once.sort((a, b) => (a.number ?? 0) - (b.number ?? 0));
  return { codes: sorted.map(textOf), numbers: sorted.flatMap(({ number }) => number ?? []) };
}
