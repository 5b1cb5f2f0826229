/**
 * The candidates whose labels match `typed`, the best first: labels that begin with it, that
 * contain it, that have its characters in this order (`gh` finds `GitHub`). Equally good ones keep
 * their order; an empty text matches all.
 */
export function bestMatches<T>(
  typed: string,
  candidates: readonly T[],
  labelOf: (candidate: T) => string,
): T[] {
  const wanted = typed.trim().toLowerCase();
  const ranked = candidates.map((candidate) => ({
    candidate,
    rank: rankOf(wanted, labelOf(candidate).toLowerCase()),
  }));
  return ranked
    .filter(({ rank }) => rank < NO_MATCH)
    .sort((a, b) => a.rank - b.rank)
    .map(({ candidate }) => candidate);
}

const NO_MATCH = 3;

function rankOf(wanted: string, label: string): number {
  if (label.startsWith(wanted)) return 0;
  if (label.includes(wanted)) return 1;
  return isSubsequence(wanted, label) ? 2 : NO_MATCH;
}

function isSubsequence(wanted: string, label: string): boolean {
  let at = 0;
  for (const character of wanted) {
    at = label.indexOf(character, at) + 1;
    if (at === 0) return false;
  }
  return true;
}
