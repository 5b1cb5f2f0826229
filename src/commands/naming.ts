import { t } from "#base/language.ts";

/** The first names of many, at most `most`, and how many more there are. */
export function nameSome(names: readonly string[], most: number): string {
  const shown = names.slice(0, most).join(", ");
  return names.length > most ? t`${shown} and ${names.length - most} more` : shown;
}
