import { plural, t } from "#base/language.ts";

/**
 * Something in a file that a token has no place for. It is counted, and never named: a file may
 * have thousands.
 */
export interface LeftBehind {
  /** `login`: an entry without a one-time password. `trash`: a deleted entry. */
  readonly leftBehind: "login" | "trash" | "note";
}

/**
 * Separates items from those that are not imported, and reports how many of each kind those are.
 */
export function countLeftBehind<Item extends object>(
  items: readonly (Item | LeftBehind)[],
): { readonly items: readonly Item[]; readonly remarks: readonly string[] } {
  const left = items.filter((item): item is LeftBehind => "leftBehind" in item);
  const count = (kind: LeftBehind["leftBehind"]) =>
    left.filter(({ leftBehind }) => leftBehind === kind).length;
  return {
    items: items.filter((item): item is Item => !("leftBehind" in item)),
    remarks: [...leftOut(count("login"), count("trash")), ...notTakenOver(count("note"))],
  };
}

function leftOut(logins: number, trash: number): string[] {
  const entries = (count: number) => plural(count, "entry", "entries");
  return [
    ...(logins > 0 ? [t`left out: ${entries(logins)} without a one-time password`] : []),
    ...(trash > 0 ? [t`left out: ${entries(trash)} from the trash`] : []),
  ];
}

function notTakenOver(notes: number): string[] {
  if (notes === 0) return [];
  return [
    notes === 1
      ? t`${plural(notes, "note")} is not taken over`
      : t`${plural(notes, "note")} are not taken over`,
  ];
}
