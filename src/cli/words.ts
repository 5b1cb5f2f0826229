const RULES = new Intl.PluralRules("en");

/** `1 passcode`, `2 passcodes`, `0 entries`; `many` is the plural where it is more than an `s`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${RULES.select(count) === "one" ? one : many}`;
}
