import { decrypt, encrypt } from "#base/gcm.ts";
import { forget, type Secret } from "#token/secret.ts";
import { type Seal, WRAPPED_KEY_LENGTH } from "#vault/cells/sealing.ts";
import { newKey } from "#vault/keys/keys.ts";

/**
 * The seal of a token's cell. The sealed bytes are the record key, wrapped under the vault key, and
 * then the record, sealed under the record key. The first sealing makes the record key; later ones
 * keep it.
 */
export function recordSeal(vaultKey: Secret, vaultId: string, id: string): Seal {
  let wrapped: Buffer | null = null;
  const keyPlace = `${vaultId}/tokens/${id}`;
  return {
    seal(plaintext, place) {
      wrapped ??= encrypt(vaultKey, newKey(), keyPlace);
      const recordKey = decrypt(vaultKey, wrapped, keyPlace);
      if (!recordKey) throw new Error("the record key was not wrapped under this vault key");
      const sealed = Buffer.concat([wrapped, encrypt(recordKey, plaintext, place)]);
      forget(recordKey);
      return sealed;
    },
    open(sealed, place) {
      const head = sealed.subarray(0, WRAPPED_KEY_LENGTH);
      const recordKey = decrypt(vaultKey, head, keyPlace);
      if (!recordKey) return null;
      wrapped = Buffer.from(head);
      const plaintext = decrypt(recordKey, sealed.subarray(WRAPPED_KEY_LENGTH), place);
      forget(recordKey);
      return plaintext;
    },
  };
}

/**
 * A {@link recordSeal} that seals under a given record key, and reports the record key that it
 * found when it opened the cell.
 */
export interface RotatingSeal extends Seal {
  /** The record key of the record that was opened last; null where none was. */
  found(): Secret | null;
}

/** The seal that replaces the record key of a token. */
export function rotatingSeal(
  vaultKey: Secret,
  vaultId: string,
  id: string,
  recordKey: Secret,
): RotatingSeal {
  const keyPlace = `${vaultId}/tokens/${id}`;
  const current = recordSeal(vaultKey, vaultId, id);
  const head = encrypt(vaultKey, recordKey, keyPlace);
  let found: Secret | null = null;
  return {
    seal: (plaintext, place) => Buffer.concat([head, encrypt(recordKey, plaintext, place)]),
    open(sealed, place) {
      const plaintext = current.open(sealed, place);
      found = plaintext && decrypt(vaultKey, sealed.subarray(0, WRAPPED_KEY_LENGTH), keyPlace);
      return plaintext;
    },
    found: () => found,
  };
}

/**
 * The seal of a token's cell for a grant, which knows the record key but not the vault key: the
 * wrapped record key in front is kept as it is. `learnKeys` is called again when no key fits: the
 * record may have got a new key in the meantime.
 */
export function grantedSeal(learnKeys: () => readonly Secret[]): Seal {
  let keys = learnKeys();
  let opened: { readonly head: Buffer; readonly recordKey: Secret } | null = null;
  const openWithAny = (sealed: Buffer, place: string) => {
    for (const recordKey of keys) {
      const plaintext = decrypt(recordKey, sealed.subarray(WRAPPED_KEY_LENGTH), place);
      if (!plaintext) continue;
      opened = { head: Buffer.from(sealed.subarray(0, WRAPPED_KEY_LENGTH)), recordKey };
      return plaintext;
    }
    return null;
  };
  return {
    seal(plaintext, place) {
      if (!opened) throw new Error("a granted record is sealed again, never for the first time");
      return Buffer.concat([opened.head, encrypt(opened.recordKey, plaintext, place)]);
    },
    open(sealed, place) {
      const plaintext = openWithAny(sealed, place);
      if (plaintext) return plaintext;
      keys = learnKeys();
      return openWithAny(sealed, place);
    },
  };
}
