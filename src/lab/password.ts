import { randomBytes, scrypt } from "node:crypto";
import { type Secret, sameSecret } from "#token/secret.ts";

/** A password or PIN as it is kept: scrypt (RFC 7914) of its UTF-8 bytes. */
export interface PasswordHash {
  readonly salt: Buffer;
  readonly hash: Buffer;
}

/**
 * 45 ms: every login tries several splits of what was typed, and nothing but a lab is behind it.
 */
const COST = { N: 2 ** 14, r: 8, p: 1 } as const;

/** The hash to keep of a new password. */
export async function hashPassword(password: Uint8Array): Promise<PasswordHash> {
  const salt = randomBytes(16);
  return { salt, hash: await stretch(password, salt) };
}

/** Whether a password is the one that was hashed, found out in constant time. */
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
