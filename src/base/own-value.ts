/**
 * The value of a key that may come from outside, or undefined. Plain access would also find
 * inherited properties such as `constructor` and `toString`.
 */
export function ownValue<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
