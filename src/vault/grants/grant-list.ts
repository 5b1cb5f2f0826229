import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Grant } from "#token/grant.ts";
import { isDamage, writtenByNewer } from "#token/newer.ts";
import type { Secret } from "#token/secret.ts";
import { type Cell, readCell, updateCell } from "#vault/cells/cell.ts";
import { grantListCell } from "#vault/cells/layout.ts";
import { encryptingSeal } from "#vault/cells/sealing.ts";
import type { Vault } from "#vault/vault.ts";
import { type GrantJson, reviveGrant } from "./grant-cell.ts";

/** A grant as its owner sees it, with the key of its cell. */
export interface OwnedGrant extends Grant {
  readonly key: Secret;
  /**
   * The half of the key that FOB_GRANT does not have; null for a grant whose secret is whole.
   */
  readonly otherHalf: Secret | null;
  /**
   * Whether it was revoked and the new keys of its tokens are still to be set; it gets no keys any
   * more.
   */
  readonly isEnded: boolean;
  /**
   * The time that the calendar had counted when the grant was found expired, in milliseconds; null
   * before.
   */
  readonly vouchedAtExpiry: number | null;
}

/**
 * Which grants exist, and under which key the record of each granted token is sealed. Both change
 * in one write: a record is sealed under a key of this list only after every grant that the list
 * names for the token has received the key.
 */
export interface GrantList {
  readonly grants: readonly OwnedGrant[];
  /** By token id; tokens without a grant have no entry. */
  readonly recordKeys: ReadonlyMap<string, Secret>;
}

const VERSION = 1;

/**
 * The vault's grants. Throws FobError `invalid` when the list is damaged, or a newer fob wrote it.
 */
export function readGrants(vault: Pick<Vault, "layout" | "vaultKey">): GrantList {
  return explained(() => decode(readCell(listCell(vault))));
}

/**
 * Replaces the list of grants, as {@link updateCell} does. Record keys of tokens that no grant
 * names are dropped.
 */
export function updateGrants(vault: Vault, change: (list: GrantList) => GrantList): void {
  explained(() => updateCell(listCell(vault), (current) => encode(change(decode(current)))));
}

/** The cell of the list of grants. */
export function listCell(vault: Pick<Vault, "layout" | "vaultKey">): Cell {
  return grantListCell(vault.layout, encryptingSeal(vault.vaultKey));
}

/** Without the list it is unknown which grants exist: they can only be revoked together. */
function explained<T>(use: () => T): T {
  try {
    return use();
  } catch (error) {
    if (!isDamage(error)) throw error;
    throw new FobError("invalid", t`the list of grants cannot be read: ${error.message}`, {
      hint: t("`fob doctor --repair` ends all grants, so that new ones can be made"),
      cause: error,
    });
  }
}

type OwnedGrantJson = GrantJson & {
  readonly key: string;
  readonly otherHalf?: string | null;
  readonly isEnded?: boolean;
  readonly vouchedAtExpiry?: number | null;
};

function encode({ grants, recordKeys }: GrantList): Buffer {
  const named = new Set(grants.flatMap(({ tokens }) => tokens));
  const keys = [...recordKeys]
    .filter(([id]) => named.has(id))
    .map(([id, key]) => [id, key.toString("base64")]);
  const owned = grants.map(({ key, otherHalf, ...grant }) => ({
    ...grant,
    key: key.toString("base64"),
    otherHalf: otherHalf?.toString("base64") ?? null,
  }));
  return Buffer.from(JSON.stringify({ version: VERSION, grants: owned, recordKeys: keys }));
}

function decode(value: Buffer | null): GrantList {
  if (value === null) return { grants: [], recordKeys: new Map() };
  const json = JSON.parse(value.toString());
  // older versions stored the grants alone
  if (Array.isArray(json)) return { grants: json.map(reviveOwned), recordKeys: new Map() };
  if (json.version !== VERSION) {
    throw writtenByNewer(t("the list of grants"));
  }
  const keys = json.recordKeys.map(
    ([id, key]: [string, string]) => [id, Buffer.from(key, "base64")] as const,
  );
  return { grants: json.grants.map(reviveOwned), recordKeys: new Map(keys) };
}

function reviveOwned({
  key,
  otherHalf = null,
  isEnded = false,
  vouchedAtExpiry = null,
  ...grant
}: OwnedGrantJson): OwnedGrant {
  return {
    ...reviveGrant(grant),
    key: Buffer.from(key, "base64"),
    otherHalf: otherHalf === null ? null : Buffer.from(otherHalf, "base64"),
    isEnded,
    vouchedAtExpiry,
  };
}
