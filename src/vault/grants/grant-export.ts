import { chmodSync, readdirSync } from "node:fs";
import { describeFileError } from "#base/file-error.ts";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { makeFolders } from "#base/make-folders.ts";
import { forget } from "#token/secret.ts";
import { readCell, updateCell } from "#vault/cells/cell.ts";
import { tokenCell, type VaultLayout, vaultFolder } from "#vault/cells/layout.ts";
import { createHeader } from "#vault/keys/header.ts";
import { newKey } from "#vault/keys/keys.ts";
import { rotatingSeal } from "#vault/tokens/record-seal.ts";
import { encodeRecord, type TokenRecord } from "#vault/tokens/token-record.ts";
import { discard } from "#vault/trash/discarding.ts";
import type { Vault } from "#vault/vault.ts";
import { decodeGrant, encodeGrant, type GrantedKeys, grantCell } from "./grant-cell.ts";
import { grantKey, parseGrantSecret } from "./grant-secret.ts";

/**
 * Creates the folder of an exported grant, or takes an empty one, readable by its owner only.
 * Throws FobError `usage` for a folder that is not empty: its content might be copied with the
 * grant.
 */
export function prepareExport(folder: string): void {
  try {
    makeFolders(folder, 0o700);
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
 * Writes a home in which one grant works alone: its tokens, its cell, and a header that opens
 * nothing else. The tokens get new record keys there, which open nothing in the vault; PINs, their
 * history and login requests are not exported, and uses are not logged there.
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
    updateCell(grantCell(layout, grant.id, key), () =>
      encodeGrant({ grant, keys: exported, logKey: null }),
    );
  } catch (error) {
    discard(vaultFolder(home));
    throw error;
  } finally {
    forget(key, secret.secret);
  }
}

function exportToken(
  layout: VaultLayout,
  record: TokenRecord,
  { id, secretKey }: GrantedKeys,
): GrantedKeys {
  const recordKey = newKey();
  // in place of the vault key; nothing else is sealed under it
  const unusedVaultKey = newKey();
  const bare: TokenRecord = { ...record, guard: null, wrappedSecretKey: "", pushRequests: [] };
  const cell = tokenCell(layout, id, rotatingSeal(unusedVaultKey, layout.vaultId, id, recordKey));
  updateCell(cell, () => encodeRecord(bare));
  forget(unusedVaultKey);
  return { id, recordKeys: [recordKey], secretKey };
}
