/**
 * What a table holds under a name that anybody may have written, or undefined. Every object answers
 * to `constructor` and `toString` besides, which are no entries of it.
 */
export function ownValue<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
