import { nameIn } from "#sync/tokens/shared-token.ts";
import { FreeNames, fold } from "#token/names.ts";
import type { Vault } from "#vault/vault.ts";
import type { KnownToken } from "./sync-state.ts";

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

/** What a shared token is called in this vault; for one that is not in it, what the devices say. */
export function shownName({ shared, local }: KnownToken, vault: Pick<Vault, "entries">): string {
  return vault.entries().find(({ id }) => id === local?.id)?.name ?? nameIn(shared);
}
