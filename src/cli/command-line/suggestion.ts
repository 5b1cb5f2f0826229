import { editDistance } from "#base/edit-distance.ts";

/** The largest edit distance of a suggestion, and that for words of at most three letters. */
const MAX_DISTANCE = 3;
const MAX_SHORT_DISTANCE = 1;

/** Only this many characters of the typed word are compared. */
const MAX_LENGTH = 64;

/** The smallest share of letters that a suggestion and the typed word have in common. */
const MIN_SIMILARITY = 0.4;

/**
 * The candidates that are most similar to `word`, in alphabetical order; none when all are too
 * different. Dashes in front of options are ignored.
 */
export function mostSimilar(word: string, candidates: readonly string[]): readonly string[] {
  const typed = withoutDashes(word).slice(0, MAX_LENGTH);
  const most = typed.length <= 3 ? MAX_SHORT_DISTANCE : MAX_DISTANCE;
  const similar = [...new Set(candidates)].flatMap((candidate) => {
    const name = withoutDashes(candidate);
    const distance = editDistance(typed, name);
    const length = Math.max(typed.length, name.length);
    const isSimilar = distance <= most && (length - distance) / length > MIN_SIMILARITY;
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
