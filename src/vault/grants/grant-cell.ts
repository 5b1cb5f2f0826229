import { existsSync } from "node:fs";
import { join } from "node:path";
import { t } from "#base/language.ts";
import type { Grant } from "#token/grant.ts";
import { writtenByNewer } from "#token/newer.ts";
import type { Secret } from "#token/secret.ts";
import type { Cell } from "#vault/cells/cell.ts";
import { grantsFolder, type VaultLayout } from "#vault/cells/layout.ts";
import { encryptingSeal } from "#vault/cells/sealing.ts";
import { deriveKey } from "#vault/keys/keys.ts";

/** The version of a grant's cell; a cell without one is version 0. */
const VERSION = 1;

/** Length of the name of a grant's folder, in bytes before hexadecimal encoding. */
const NAME_BYTES = 16;

/**
 * The keys that open one token of a grant. The record is sealed under one of them; the newest comes
 * first, and an older one fits while the key is being replaced.
 */
export interface GrantedKeys {
  readonly id: string;
  readonly recordKeys: readonly Secret[];
  readonly secretKey: Secret;
}

/** The content of a grant's cell, sealed under the grant's key alone. */
export interface GrantContent {
  readonly grant: Grant;
  readonly keys: readonly GrantedKeys[];
  /** What its uses are sealed to in the log of the vault; null for a grant of an older version. */
  readonly logKey: Buffer | null;
}

/** A grant as JSON data: times as ISO 8601 text. */
export type GrantJson = Omit<Grant, "createdAt" | "expiresAt" | "confirm"> & {
  readonly createdAt: string;
  readonly expiresAt: string | null;
  /** Absent in grants of older versions. */
  readonly confirm?: boolean;
};

/**
 * The cell of one grant. The name of its folder is derived from the grant's key, so it reveals
 * nothing without that key.
 */
export function grantCell(layout: VaultLayout, id: string, key: Secret): Cell {
  const folder = join(
    grantsFolder(layout),
    deriveKey(key, layout.vaultId, "grant cell").toString("hex", 0, NAME_BYTES),
  );
  const ofOlderFob = join(grantsFolder(layout), id);
  return {
    folder: !existsSync(folder) && existsSync(ofOlderFob) ? ofOlderFob : folder,
    identity: `${layout.vaultId}/grants/${id}`,
    seal: encryptingSeal(key),
  };
}

/** The content as bytes for its cell. */
export function encodeGrant({ grant, keys, logKey }: GrantContent): Buffer {
  const encoded = keys.map(({ id, recordKeys, secretKey }) => ({
    id,
    recordKeys: recordKeys.map((key) => key.toString("base64")),
    secretKey: secretKey.toString("base64"),
  }));
  return Buffer.from(
    JSON.stringify({ version: VERSION, grant, keys: encoded, logKey: logKey?.toString("base64") }),
  );
}

/**
 * Reverses {@link encodeGrant}; the seal proves that the bytes are unaltered. Throws FobError
 * `invalid` where a newer fob wrote them.
 */
export function decodeGrant(value: Buffer): GrantContent {
  const { version = 0, grant, keys, logKey } = JSON.parse(value.toString());
  if (version > VERSION) throw writtenByNewer(t`the grant ${grant?.label ?? ""}`);
  return {
    grant: reviveGrant(grant),
    keys: keys.map(
      ({ id, recordKeys, secretKey }: { id: string; recordKeys: string[]; secretKey: string }) => ({
        id,
        recordKeys: recordKeys.map((key) => Buffer.from(key, "base64")),
        secretKey: Buffer.from(secretKey, "base64"),
      }),
    ),
    logKey: logKey === undefined ? null : Buffer.from(logKey, "base64"),
  };
}

/** A grant from JSON data. */
export function reviveGrant(json: GrantJson): Grant {
  const { createdAt, expiresAt, confirm = false } = json;
  return {
    ...json,
    confirm,
    createdAt: new Date(createdAt),
    expiresAt: expiresAt === null ? null : new Date(expiresAt),
  };
}
