import { foreignNote } from "#token/note.ts";
import type { AppItem, TokenItem } from "./app-file.ts";

/** What an entry has beside its tokens. Empty texts are none. */
export interface Belongings {
  readonly note?: string | null | undefined;
  readonly groups?: readonly (string | null | undefined)[] | null | undefined;
  readonly tags?: readonly (string | null | undefined)[] | null | undefined;
  readonly favorite?: boolean | undefined;
}

/**
 * The tokens of an entry with what it has beside them: groups and tags sort the token, and its note
 * and its mark as a favorite are theirs. A note without a token, or one that is too long, is
 * counted.
 */
export function withBelongings(
  items: readonly TokenItem[],
  { note, groups, tags, favorite = false }: Belongings,
): AppItem[] {
  const sorted = [...(groups ?? []), ...(tags ?? [])];
  const kept = foreignNote(note);
  const isLeft = note?.trim() && (kept === null || items.length === 0);
  const beside = { tags: sorted, favorite, ...(kept === null ? {} : { note: kept }) };
  return [
    ...items.map((item) => ({ ...item, ...beside })),
    ...(isLeft ? [{ leftBehind: "note" } as const] : []),
  ];
}
