import { stripControls } from "./printable.ts";

/** The longest tag, in UTF-16 units: longer ones do not fit into a list. */
export const MAX_TAG_LENGTH = 64;

/** The most tags that a token has. */
export const MAX_TAGS = 32;

/**
 * Tags from a foreign source, or a person, as a token keeps them: without harmful characters,
 * commas, surrounding space and repetitions, in their order. What is too long is cut, what is too
 * much is left out.
 */
export function cleanTags(texts: readonly (string | null | undefined)[]): readonly string[] {
  const tags = texts.flatMap((text) => cleanTag(text ?? "") || []);
  return withTags([], tags).slice(0, MAX_TAGS);
}

/** Tags and further ones; a tag that is there already in another letter case stays as it is. */
export function withTags(tags: readonly string[], more: readonly string[]): readonly string[] {
  const all = new Map<string, string>();
  for (const tag of [...tags, ...more]) {
    if (!all.has(foldTag(tag))) all.set(foldTag(tag), tag);
  }
  return [...all.values()];
}

/**
 * One tag as a token keeps it, with one blank between its words; empty for a text that holds none.
 */
export function cleanTag(text: string): string {
  const spaced = text.slice(0, 4 * MAX_TAG_LENGTH).replace(/[\s,]/g, " ");
  const tag = joinWords(stripControls(spaced));
  return [...tag].slice(0, MAX_TAG_LENGTH).join("").trim();
}

/** The form in which tags are compared: letter case and the number of blanks do not matter. */
function foldTag(tag: string): string {
  return joinWords(tag.normalize("NFKC").toLowerCase());
}

/** A text with one blank between its words, and none around it. */
export function joinWords(text: string): string {
  return text.split(/\s/).filter(Boolean).join(" ");
}

/** Whether a token has every one of these tags, in any letter case. */
export function hasTags(
  { tags }: { readonly tags: readonly string[] },
  wanted: readonly string[],
): boolean {
  if (wanted.length === 0) return true;
  const own = new Set(tags.map(foldTag));
  return wanted.every((tag) => own.has(foldTag(tag)));
}

/** The tags without some of them, in any letter case. */
export function withoutTags(
  tags: readonly string[],
  unwanted: readonly string[],
): readonly string[] {
  const gone = new Set(unwanted.map(foldTag));
  return tags.filter((tag) => !gone.has(foldTag(tag)));
}

/** The tags that tokens have, each once. */
export function tagsOf(tokens: readonly { readonly tags: readonly string[] }[]): readonly string[] {
  return withTags(
    [],
    tokens.flatMap(({ tags }) => tags),
  );
}
