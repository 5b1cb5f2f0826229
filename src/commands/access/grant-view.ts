import { type Grant, hasExpired, type Right } from "#token/grant.ts";
import type { IndexEntry } from "#vault/tokens/token-index.ts";

/** A grant as its owner sees it. */
export interface GrantView {
  readonly id: string;
  readonly label: string;
  /** The names of its tokens; the id of one that was removed. */
  readonly tokens: readonly string[];
  readonly rights: readonly Right[];
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly expired: boolean;
  /** Whether a person is asked before each use. */
  readonly confirm: boolean;
}

/** {@link GrantView} of a grant, with the names that its tokens have now. */
export function viewGrant(
  grant: Grant & { readonly isEnded?: boolean },
  entries: readonly IndexEntry[],
  now: Date,
): GrantView {
  const names = new Map(entries.map(({ id, name }) => [id, name]));
  const { id, label, tokens, rights, createdAt, expiresAt, confirm } = grant;
  const expired = grant.isEnded === true || hasExpired(grant, now);
  return {
    id,
    label,
    tokens: tokens.map((token) => names.get(token) ?? token),
    rights,
    createdAt,
    expiresAt,
    expired,
    confirm,
  };
}
