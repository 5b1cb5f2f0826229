import type { Token } from "./token.ts";

/**
 * Favourites first, then by name as people sort: `box 9` before `box 10`, whatever the letter case.
 */
export function inListOrder<T extends Pick<Token, "favorite" | "name">>(tokens: readonly T[]): T[] {
  const { compare } = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  return [...tokens].sort(
    (a, b) => Number(b.favorite) - Number(a.favorite) || compare(a.name, b.name),
  );
}
