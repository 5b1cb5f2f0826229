import type { Token } from "./token.ts";

/**
 * Sorts favourites first, then by name in natural order (`box 9` before `box 10`), ignoring letter
 * case.
 */
export function inListOrder<T extends Pick<Token, "favorite" | "name">>(tokens: readonly T[]): T[] {
  const { compare } = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  return [...tokens].sort(
    (a, b) => Number(b.favorite) - Number(a.favorite) || compare(a.name, b.name),
  );
}
