import type { Context } from "../cli/context.ts";
import { FobError } from "../fob-error.ts";
import type { Right } from "../token/grant.ts";
import { matchName, type Named } from "../token/names.ts";
import type { IndexEntry } from "../vault/token-index.ts";
import type { TokenRecord } from "../vault/token-record.ts";
import type { TokenStore } from "../vault/token-store.ts";
import type { Vault } from "../vault/vault.ts";

/** The open vault. Throws FobError `not-found` when there is none, because then there is no token either. */
export async function existingVault(context: Context): Promise<Vault> {
  return (await context.findVault()) ?? nothingEnrolled();
}

/** The tokens of the vault, or of the grant that a script has, for this use. Throws as {@link existingVault} does. */
export async function existingTokens(right: Right | null, context: Context): Promise<TokenStore> {
  return (await context.findTokens(right)) ?? nothingEnrolled();
}

function nothingEnrolled(): never {
  throw new FobError("not-found", "there is no token yet", { hint: "`fob enroll` adds one" });
}

/** The token that `query` means. Throws FobError `not-found` or `ambiguous`, naming what it could have been. */
export function findToken<T extends Named>(query: string, tokens: readonly T[]): T {
  const match = matchName(query, tokens);
  if (match.kind === "one") return match.token;
  if (match.kind === "several") {
    const names = match.tokens.map(({ name }) => name);
    throw new FobError("ambiguous", `${JSON.stringify(query)} fits several tokens: ${enumerate(names)}`, {
      hint: "give more of the name, or the id that `fob list --json` shows",
    });
  }
  throw new FobError("not-found", `no token is called ${JSON.stringify(query)}`, {
    hint: match.nearest.length > 0 ? `did you mean ${match.nearest.join(" or ")}?` : "`fob list` shows the tokens",
  });
}

/** {@link findToken} in a vault. An exact id or name is found without reading all tokens. */
export function findInVault(store: TokenStore, query: string): IndexEntry {
  return store.findExactly(query) ?? findToken(query, store.entries());
}

/** The record of a listed token, or null for one that is being removed or restored: the index is changed last or first. */
export function readListed(store: TokenStore, id: string): TokenRecord | null {
  try {
    return store.read(id);
  } catch (error) {
    if (error instanceof FobError && error.code === "not-found") return null;
    throw error;
  }
}

/** Lets the person pick a token, or throws FobError `locked` saying that a NAME would have answered. */
export function pickToken(context: Context, entries: readonly IndexEntry[]): Promise<IndexEntry> {
  const choices = inListOrder(entries).map((entry) => ({ label: label(entry), value: entry }));
  return context.prompt.pick("Which token?", choices, "a NAME");
}

/** Favourites first, then by name as people sort. */
export function inListOrder<T extends Pick<IndexEntry, "favorite" | "name">>(entries: readonly T[]): T[] {
  const { compare } = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  return [...entries].sort((a, b) => Number(b.favorite) - Number(a.favorite) || compare(a.name, b.name));
}

function label({ name, issuer, account }: IndexEntry): string {
  const more = [issuer, account].filter((part) => part !== null && part !== name).join(", ");
  return more === "" ? name : `${name} (${more})`;
}

function enumerate(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(", ");
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}
