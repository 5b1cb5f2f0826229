import { FreeNames, fold } from "#token/names.ts";

/** A shared token with the name that its devices have agreed on. */
export interface SharedName {
  /** The id of the token file. */
  readonly id: string;
  readonly name: string;
}

/**
 * The names that a vault shows: two shared tokens may have the same one, and then all devices give
 * the same numbers to the same tokens. `others` are the names of tokens that are not shared.
 */
export function displayNames(
  shared: readonly SharedName[],
  others: readonly string[],
): ReadonlyMap<string, string> {
  const names = new FreeNames(others.map(fold));
  const inOrder = [...shared].sort((a, b) => (a.id < b.id ? -1 : 1));
  return new Map(inOrder.map(({ id, name }) => [id, names.next(name)]));
}
