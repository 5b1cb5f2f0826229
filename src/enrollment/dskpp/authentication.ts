import { deriveKey } from "#enrollment/passphrase.ts";
import { forget, type Secret } from "#token/secret.ts";
import { derive, type Prf } from "./prf.ts";

/** The values that the proof of a password is bound to. */
export interface Binding {
  readonly clientId: string;
  /** Where the server is asked, as it stands in the request (URL_S). */
  readonly url: URL;
  /** R_C. */
  readonly clientNonce: Uint8Array;
  /** The key that protects the run (K). */
  readonly key: Uint8Array;
  /** R_S, in four passes alone. */
  readonly serverNonce?: Uint8Array;
  readonly iterations: number;
}

/** In four passes, and with any public key (RFC 6063 section 3.4.1.2). */
export const ITERATIONS = 100_000;

const MAC_BYTES = 16;

/**
 * The MAC that proves the password: DSKPP-PRF(K_AC, ClientID || URL_S || R_C || [R_S], 16) with
 * K_AC = PBKDF2(password, R_C || K, iterations, 16). PBKDF2 uses HMAC-SHA-1, the default of PKCS #5
 * 2.0 (RFC 6063 section 3.4.1.2).
 */
export async function proveKnowledge(
  prf: Prf,
  password: Secret,
  binding: Binding,
): Promise<Buffer> {
  const { clientId, url, clientNonce, key, serverNonce, iterations } = binding;
  const salt = Buffer.concat([clientNonce, key]);
  const codeKey = await deriveKey(password, {
    kdf: "pbkdf2",
    hash: "sha1",
    salt,
    iterations,
    keyBytes: MAC_BYTES,
  });
  const texts = [
    Buffer.from(clientId, "utf8"),
    Buffer.from(url.href, "utf8"),
    clientNonce,
    serverNonce ?? Buffer.of(),
  ];
  const mac = derive(prf, codeKey, Buffer.concat(texts), MAC_BYTES);
  forget(codeKey, salt);
  return mac;
}
