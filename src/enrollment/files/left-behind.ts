import { plural, t } from "#base/language.ts";

/**
 * Something in a file that a token has no place for. It is counted, and never named: a file may
 * have thousands.
 */
export interface LeftBehind {
  /** `login`: an entry without a one-time password. `trash`: a deleted entry. */
  readonly leftBehind: "login" | "trash" | "group" | "tag" | "note";
  /** Counted once, however many entries have it. Without a name, each occurrence counts. */
  readonly name?: string;
}

/** What an entry has beside its token. Empty texts are none. */
interface Belongings {
  readonly note?: string | null | undefined;
  readonly groups?: readonly (string | null | undefined)[] | null | undefined;
  readonly tags?: readonly (string | null | undefined)[] | null | undefined;
}

/** What an entry has beside its token, to be counted. */
export function belongingsOf({ note, groups, tags }: Belongings): LeftBehind[] {
  return [
    ...(note?.trim() ? [{ leftBehind: "note" } as const] : []),
    ...namesIn(groups).map((name) => ({ leftBehind: "group", name }) as const),
    ...namesIn(tags).map((name) => ({ leftBehind: "tag", name }) as const),
  ];
}

function namesIn(names: Belongings["tags"]): string[] {
  return (names ?? []).flatMap((name) => name?.trim() || []);
}

/**
 * Separates items from those that are not imported, and reports how many of each kind those are.
 */
export function countLeftBehind<Item extends object>(
  items: readonly (Item | LeftBehind)[],
): { readonly items: readonly Item[]; readonly remarks: readonly string[] } {
  const left = items.filter((item): item is LeftBehind => "leftBehind" in item);
  const count = (kind: LeftBehind["leftBehind"]) => {
    const found = left.filter(({ leftBehind }) => leftBehind === kind);
    return new Set(found.map(({ name }, i) => name ?? i)).size;
  };
  return {
    items: items.filter((item): item is Item => !("leftBehind" in item)),
    remarks: [
      ...leftOut(count("login"), count("trash")),
      ...notTakenOver(count("group"), count("tag"), count("note")),
    ],
  };
}

function leftOut(logins: number, trash: number): string[] {
  const entries = (count: number) => plural(count, "entry", "entries");
  return [
    ...(logins > 0 ? [t`left out: ${entries(logins)} without a one-time password`] : []),
    ...(trash > 0 ? [t`left out: ${entries(trash)} from the trash`] : []),
  ];
}

function notTakenOver(groups: number, tags: number, notes: number): string[] {
  const parts = [
    ...(groups > 0 ? [plural(groups, "group")] : []),
    ...(tags > 0 ? [plural(tags, "tag")] : []),
    ...(notes > 0 ? [plural(notes, "note")] : []),
  ];
  const [first, second, third] = parts;
  if (first === undefined) return [];
  if (groups + tags + notes === 1) return [t`${first} is not taken over`];
  if (second === undefined) return [t`${first} are not taken over`];
  return third === undefined
    ? [t`${first} and ${second} are not taken over`]
    : [t`${first}, ${second} and ${third} are not taken over`];
}
