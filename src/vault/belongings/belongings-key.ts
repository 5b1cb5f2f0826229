import { type HashAlgorithm, hmac } from "#otp/algorithm.ts";
import { forget, type Secret } from "#token/secret.ts";
import type { Chip } from "#vault/chip/chip.ts";
import { heldMac } from "#vault/chip/held-macs.ts";
import { hmacAlgorithmOf } from "#vault/chip/hmac-algorithm.ts";
import { deriveKey } from "#vault/keys/keys.ts";
import { secretOf } from "#vault/tokens/passcodes.ts";
import { type TokenRecord, unguardedSecretKey } from "#vault/tokens/token-record.ts";

/** A message that is no counter, no time step, and no challenge, which begins with its suite. */
const MESSAGE = Buffer.from("fob belongings");

/**
 * The key of what belongs to a token: its note and its recovery codes. It follows from the token's
 * secret alone, so that it opens only where the secret does (behind a PIN, only with the PIN),
 * stays the same when the PIN is changed or the secret moves into a chip, and is the same on every
 * device that has the token. `secretKey` is the opened key of the secret. The caller forgets the
 * result.
 */
export async function belongingsKey(
  vault: { chip(): Chip },
  record: TokenRecord,
  secretKey: Secret,
): Promise<Secret> {
  if (record.held) return keyFrom(await heldMac(vault.chip(), record, secretKey, MESSAGE));
  const secret = secretOf(record, secretKey);
  try {
    return keyOfSecret(record.token, secret);
  } finally {
    forget(secret);
  }
}

/** {@link belongingsKey} of a token without a PIN. Throws as {@link unguardedSecretKey} does. */
export async function unguardedBelongingsKey(
  vault: { readonly vaultKey: Secret; chip(): Chip },
  record: TokenRecord,
): Promise<Secret> {
  const secretKey = unguardedSecretKey(record, vault.vaultKey);
  try {
    return await belongingsKey(vault, record, secretKey);
  } finally {
    forget(secretKey);
  }
}

/** {@link belongingsKey} of a token whose secret is at hand. */
export function keyOfSecret(
  { credential }: Pick<TokenRecord["token"], "credential">,
  secret: Uint8Array,
): Secret {
  const algorithm: HashAlgorithm = hmacAlgorithmOf(credential) ?? "SHA256";
  return keyFrom(hmac(algorithm, secret, MESSAGE));
}

function keyFrom(mac: Buffer): Secret {
  const key = deriveKey(mac, "", "belongings");
  forget(mac);
  return key;
}
