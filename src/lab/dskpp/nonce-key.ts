import {
  constants,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  privateDecrypt,
  randomBytes,
} from "node:crypto";
import type { LabStore } from "#lab/lab-store.ts";
import { RSA_OAEP } from "./names.ts";

const MODULUS_BITS = 2048;

/** The minimum padding of PKCS #1 v1.5, in octets. */
const PADDING_BYTES = 11;

/**
 * The length of the random R_C after a failed decryption, as long as the nonces of most clients.
 */
const NONCE_BYTES = 16;

/** K_SERVER, the key that clients encrypt their nonce with. It is created at first use. */
export function nonceKey(store: LabStore): KeyObject {
  const der = store.once("dskpp-key", () => {
    return generateKeyPairSync("rsa", {
      modulusLength: MODULUS_BITS,
      publicKeyEncoding: { type: "spki", format: "der" },
      privateKeyEncoding: { type: "pkcs8", format: "der" },
    }).privateKey;
  });
  return createPrivateKey({ key: der, format: "der", type: "pkcs8" });
}

/** Modulus and exponent of the public key in Base64, as in XML Signature. */
export function rsaKeyValue(key: KeyObject): {
  readonly modulus: string;
  readonly exponent: string;
} {
  const { n = "", e = "" } = createPublicKey(key).export({ format: "jwk" });
  const standard = (text: string) => Buffer.from(text, "base64url").toString("base64");
  return { modulus: standard(n), exponent: standard(e) };
}

/**
 * The possible encodings of the public key as K in the formulas. The RFC does not define one;
 * clients may use a SubjectPublicKeyInfo in DER, the modulus alone, or an RSAPublicKey in DER. The
 * client's MAC shows which one it uses.
 */
export function keyOctets(key: KeyObject): Buffer[] {
  const publicKey = createPublicKey(key);
  const { n = "" } = publicKey.export({ format: "jwk" });
  return [
    publicKey.export({ format: "der", type: "spki" }),
    Buffer.from(n, "base64url"),
    publicKey.export({ format: "der", type: "pkcs1" }),
  ];
}

/**
 * Decrypts R_C. When that fails it returns a random one, so that the authentication fails as with a
 * wrong passphrase and does not reveal whether the padding was right (RFC 8017 section 7.2.2,
 * Bleichenbacher).
 */
export function decryptNonce(key: KeyObject, algorithm: string, encrypted: Buffer): Buffer {
  try {
    if (algorithm === RSA_OAEP) {
      return privateDecrypt(
        { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha1" },
        encrypted,
      );
    }
    return unpad(privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, encrypted));
  } catch {
    // the same failure as for a wrong passphrase
    return randomBytes(NONCE_BYTES);
  }
}

/**
 * Removes the padding of PKCS #1 v1.5. Node does not support it for decryption because its errors
 * reveal too much; here a wrong padding is handled like any wrong key.
 */
function unpad(block: Buffer): Buffer {
  const end = block.indexOf(0, 2);
  if (block[0] === 0 && block[1] === 2 && end >= PADDING_BYTES - 1) return block.subarray(end + 1);
  return randomBytes(NONCE_BYTES);
}
