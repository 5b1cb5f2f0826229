import { randomBytes, scrypt } from "node:crypto";
import { type Secret, sameSecret } from "#token/secret.ts";

/** A hashed password or PIN: scrypt (RFC 7914) of its UTF-8 bytes. */
export interface PasswordHash {
  readonly salt: Buffer;
  readonly hash: Buffer;
}

/**
 * Takes 45 ms: a login tries several splits of the typed text, and the lab protects nothing of
 * value.
 */
const COST = { N: 2 ** 14, r: 8, p: 1 } as const;

/** Hashes a new password. */
export async function hashPassword(password: Uint8Array): Promise<PasswordHash> {
  const salt = randomBytes(16);
  return { salt, hash: await stretch(password, salt) };
}

/** Whether a password matches the hash, compared in constant time. */
export async function matchesPassword(
  password: Uint8Array,
  { salt, hash }: PasswordHash,
): Promise<boolean> {
  return sameSecret(await stretch(password, salt), hash);
}

function stretch(password: Uint8Array, salt: Buffer): Promise<Secret> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, 32, COST, (error, key) => (error ? reject(error) : resolve(key)));
  });
}
