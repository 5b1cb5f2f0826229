import { chmodSync, mkdirSync, readdirSync } from "node:fs";
import { describeFileError } from "../file-error.ts";
import { FobError } from "../fob-error.ts";
import { t } from "../language.ts";
import { forget } from "../token/secret.ts";
import { readCell, updateCell } from "./cell.ts";
import { discard } from "./discarding.ts";
import { decodeGrant, encodeGrant, type GrantedKeys, grantCell } from "./grant-cell.ts";
import { grantKey, parseGrantSecret } from "./grant-secret.ts";
import { createHeader } from "./header.ts";
import { newKey } from "./keys.ts";
import { tokenCell, type VaultLayout, vaultFolder } from "./layout.ts";
import { encodeRecord, rotatingSeal, type TokenRecord } from "./token-record.ts";
import type { Vault } from "./vault.ts";

/**
 * Makes the folder of an exported grant, or takes an empty one, for nobody but its owner. Throws FobError `usage` for one that holds
 * anything: what lies there might be copied with the grant.
 */
export function prepareExport(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (readdirSync(folder).length > 0) {
      throw new FobError("usage", t`${folder} is not empty`, {
        hint: t("--export takes a new folder, or an empty one"),
      });
    }
    chmodSync(folder, 0o700);
  } catch (error) {
    throw describeFileError(error, "create", folder);
  }
}

/**
 * Writes a home in which a grant works alone: its tokens, its cell, and a header by which nothing else opens. The tokens get record keys
 * of their own there, which open nothing of the vault's; PINs, their history and login requests stay here.
 */
export function exportGrant(vault: Vault, text: string, home: string): void {
  const secret = parseGrantSecret(text);
  const key = grantKey(secret);
  const value = readCell(grantCell(vault.layout, secret.id, key));
  if (value === null) throw new FobError("denied", t("the grant was revoked meanwhile"));
  const { grant, keys } = decodeGrant(value);
  const layout = { home, vaultId: vault.layout.vaultId };
  try {
    createHeader(home, { id: layout.vaultId, keychain: "none", slots: [] });
    const exported = keys.map((own) => exportToken(layout, vault.read(own.id), own));
    updateCell(grantCell(layout, grant.id, key), () => encodeGrant({ grant, keys: exported }));
  } catch (error) {
    discard(vaultFolder(home));
    throw error;
  } finally {
    forget(key, secret.secret);
  }
}

function exportToken(layout: VaultLayout, record: TokenRecord, { id, secretKey }: GrantedKeys): GrantedKeys {
  const recordKey = newKey();
  // in place of the vault key, which opens nothing there
  const nobodys = newKey();
  const bare: TokenRecord = { ...record, guard: null, wrappedSecretKey: "", pushRequests: [] };
  const cell = tokenCell(layout, id, rotatingSeal(nobodys, layout.vaultId, id, recordKey));
  updateCell(cell, () => encodeRecord(bare));
  forget(nobodys);
  return { id, recordKeys: [recordKey], secretKey };
}
