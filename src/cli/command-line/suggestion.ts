import { editDistance } from "#base/edit-distance.ts";

/** A word that differs in more letters is another word. */
const MAX_DISTANCE = 3;

/** A longer word resembles none of ours, in characters. */
const MAX_LENGTH = 64;

/** The share of letters that a suggestion has in common with what was typed, at least. */
const MIN_SIMILARITY = 0.4;

/**
 * The candidates that resemble `word` most, in alphabetical order; none where all of them are too
 * different. Dashes in front of options do not count.
 */
export function mostSimilar(word: string, candidates: readonly string[]): readonly string[] {
  const typed = withoutDashes(word).slice(0, MAX_LENGTH);
  const similar = [...new Set(candidates)].flatMap((candidate) => {
    const name = withoutDashes(candidate);
    const distance = editDistance(typed, name);
    const length = Math.max(typed.length, name.length);
    const isSimilar = distance <= MAX_DISTANCE && (length - distance) / length > MIN_SIMILARITY;
    return isSimilar && name.length > 1 ? [{ candidate, distance }] : [];
  });
  const least = Math.min(...similar.map(({ distance }) => distance));
  return similar
    .flatMap(({ candidate, distance }) => (distance === least ? [candidate] : []))
    .sort((one, other) => one.localeCompare(other));
}

function withoutDashes(word: string): string {
  return word.startsWith("--") ? word.slice(2) : word;
}
