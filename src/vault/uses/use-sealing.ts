import { diffieHellman, type KeyObject } from "node:crypto";
import { decrypt, encrypt, NONCE_BYTES, TAG_BYTES } from "#base/gcm.ts";
import { newX25519Key, rawPublic, x25519Public, x25519Secret } from "#base/x25519-keys.ts";
import { forget, type Secret } from "#token/secret.ts";
import { deriveKey } from "#vault/keys/keys.ts";
import { decodeUse, encodeUse, type LoggedUse } from "./use.ts";

/** The length of an entry in bytes: all are as long, so that a copied log tells only how many. */
export const ENTRY_BYTES = 768;

/** What every entry begins with: behind damage, the next one is found by it. */
export const ENTRY_START = Buffer.from("fobuse1\n");

const KEY_BYTES = 32;
const PLAIN_BYTES = ENTRY_BYTES - ENTRY_START.length - KEY_BYTES - NONCE_BYTES - TAG_BYTES;

/** The key that opens the log of a vault, and the 32 bytes that entries are sealed to. */
export interface LogKey {
  readonly privateKey: KeyObject;
  readonly publicKey: Buffer;
}

/** The key of a vault's log, which follows from the vault's key. */
export function logKey(vaultKey: Secret, vaultId: string): LogKey {
  const bytes = deriveKey(vaultKey, vaultId, "access log");
  const privateKey = x25519Secret(bytes);
  forget(bytes);
  return { privateKey, publicKey: rawPublic(privateKey) };
}

/** Whoever has only this key can write the log, and not read it. */
export function publicLogKey(vaultKey: Secret, vaultId: string): Buffer {
  return logKey(vaultKey, vaultId).publicKey;
}

/** One entry of {@link ENTRY_BYTES}: a new X25519 key (RFC 7748), and what AES-256-GCM seals. */
export function sealUse(publicKey: Buffer, vaultId: string, use: LoggedUse): Buffer {
  const { privateKey, publicKey: ownBytes } = newX25519Key();
  const plain = Buffer.alloc(PLAIN_BYTES, " ");
  encodeUse(use, PLAIN_BYTES).copy(plain);
  const shared = diffieHellman({ privateKey, publicKey: x25519Public(publicKey) });
  const key = deriveKey(shared, Buffer.concat([ownBytes, publicKey]), "access log entry");
  const entry = Buffer.concat([ENTRY_START, ownBytes, encrypt(key, plain, vaultId)]);
  forget(shared, key);
  return entry;
}

/** Reverses {@link sealUse}. Null for damage; "newer" for a use that a newer fob wrote. */
export function openUse(
  { privateKey, publicKey }: LogKey,
  vaultId: string,
  entry: Buffer,
): LoggedUse | "newer" | null {
  const at = ENTRY_START.length;
  const own = entry.subarray(at, at + KEY_BYTES);
  try {
    const shared = diffieHellman({ privateKey, publicKey: x25519Public(own) });
    const salt = Buffer.concat([own, publicKey]);
    const key = deriveKey(shared, salt, "access log entry");
    const plain = decrypt(key, entry.subarray(at + KEY_BYTES), vaultId);
    forget(shared, key);
    return plain && (decodeUse(plain) ?? "newer");
  } catch {
    // a damaged key is no point of the curve
    return null;
  }
}
