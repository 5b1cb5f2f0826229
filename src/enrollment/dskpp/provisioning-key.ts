import { createHash } from "node:crypto";
import { HASH_BYTES } from "#otp/algorithm.ts";
import { parseOcraSuite } from "#otp/ocra-suite.ts";
import { isMadeWithPin, type OtpCredential } from "#token/credential.ts";
import { forget, type Secret, sameSecret } from "#token/secret.ts";
import { derive, type Prf } from "./prf.ts";

/**
 * The halves of a provisioning key (K_PROV): what confirms it, and the token's secret. The caller
 * forgets both.
 */
export interface ProvisionedKeys {
  readonly macKey: Secret;
  readonly tokenKey: Secret;
}

/** What both sides of four passes make the provisioning key of. */
export interface KeyAgreement {
  /** R_C. */
  readonly clientNonce: Secret;
  /** K, which R_C was encrypted with. */
  readonly key: Uint8Array;
  /** R_S. */
  readonly serverNonce: Uint8Array;
}

/**
 * The key of four passes: DSKPP-PRF(R_C, "Key generation" || K || R_S, both halves) (RFC 6063
 * section 4.1.2).
 */
export function agreeOnKeys(
  prf: Prf,
  { clientNonce, key, serverNonce }: KeyAgreement,
  credential: OtpCredential,
): ProvisionedKeys {
  const text = Buffer.concat([Buffer.from("Key generation"), key, serverNonce]);
  const half = Math.max(prf.keyBytes, tokenKeyBytes(credential));
  const provisioningKey = derive(prf, clientNonce, text, 2 * half);
  forget(text);
  return splitKeys(prf, provisioningKey, credential);
}

/**
 * The two halves of a provisioning key, each cut to the length for its use (RFC 6063 section
 * 5.2.2). Takes ownership of the key.
 */
export function splitKeys(
  prf: Prf,
  provisioningKey: Secret,
  credential: OtpCredential,
): ProvisionedKeys {
  const half = provisioningKey.length / 2;
  const macKey = Buffer.from(provisioningKey.subarray(0, Math.min(half, prf.keyBytes)));
  const tokenKey = Buffer.from(
    provisioningKey.subarray(half, half + Math.min(half, tokenKeyBytes(credential))),
  );
  forget(provisioningKey);
  return { macKey, tokenKey };
}

/**
 * Whether the server's MAC proves that it has the same key and saw the same messages, without the
 * message that carries the MAC (RFC 6063 section 4.2.4).
 */
export function isConfirmed(
  prf: Prf,
  macKey: Secret,
  given: Uint8Array,
  { messages, serverId }: { readonly messages: readonly Uint8Array[]; readonly serverId: string },
): boolean {
  const hash = createHash("sha256");
  for (const message of messages) hash.update(message);
  const text = Buffer.concat([
    Buffer.from("MAC 1 computation"),
    hash.digest(),
    Buffer.from(serverId, "utf8"),
  ]);
  return sameSecret(derive(prf, macKey, text, HASH_BYTES.SHA256), given);
}

/**
 * The length of a secret is that of its HMAC's output (RFC 4226 section 4, RFC 6238 section 5.1).
 */
function tokenKeyBytes(credential: OtpCredential): number {
  if (credential.kind === "ocra") return HASH_BYTES[parseOcraSuite(credential.suite).algorithm];
  return isMadeWithPin(credential) ? HASH_BYTES.SHA1 : HASH_BYTES[credential.algorithm];
}
