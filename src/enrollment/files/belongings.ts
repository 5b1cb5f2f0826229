import type { AppItem, TokenItem } from "./app-file.ts";

/** What an entry has beside its tokens. Empty texts are none. */
interface Belongings {
  readonly note?: string | null | undefined;
  readonly groups?: readonly (string | null | undefined)[] | null | undefined;
  readonly tags?: readonly (string | null | undefined)[] | null | undefined;
}

/** The tokens of an entry with what it has beside them: groups and tags sort the token. */
export function withBelongings(
  items: readonly TokenItem[],
  { note, groups, tags }: Belongings,
): AppItem[] {
  const sorted = [...(groups ?? []), ...(tags ?? [])];
  return [
    ...items.map((item) => ({ ...item, tags: sorted })),
    ...(note?.trim() ? [{ leftBehind: "note" } as const] : []),
  ];
}
