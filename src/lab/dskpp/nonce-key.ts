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

/** PKCS #1 v1.5 puts at least this many octets before the message. */
const PADDING_BYTES = 11;

/** R_C where there is nothing to decrypt: as long as the nonces of most clients. */
const NONCE_BYTES = 16;

/** The key that clients encrypt their nonce with, K_SERVER. It is made when it is first needed. */
export function nonceKey(store: LabStore): KeyObject {
  const der = store.once("dskpp-key", () => {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: MODULUS_BITS });
    return privateKey.export({ format: "der", type: "pkcs8" });
  });
  return createPrivateKey({ key: der, format: "der", type: "pkcs8" });
}

/** Modulus and exponent of the public key in Base64, as XML signatures write an RSA key. */
export function rsaKeyValue(key: KeyObject): {
  readonly modulus: string;
  readonly exponent: string;
} {
  const { n = "", e = "" } = createPublicKey(key).export({ format: "jwk" });
  const standard = (text: string) => Buffer.from(text, "base64url").toString("base64");
  return { modulus: standard(n), exponent: standard(e) };
}

/**
 * The public key as octets of the formulas' K. The RFC does not say how a key becomes octets: a
 * SubjectPublicKeyInfo in DER, the modulus alone and an RSAPublicKey in DER all have a point. What
 * the client authenticates with shows how it reads the RFC.
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
 * R_C from its encryption. What cannot be decrypted gives a random one, so that the authentication
 * fails as it does for a wrong passphrase: nobody learns from us whether the padding was right (RFC
 * 8017 section 7.2.2, Bleichenbacher).
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
 * Node refuses PKCS #1 v1.5 because its errors tell too much; ours are the same as for any wrong
 * key.
 */
function unpad(block: Buffer): Buffer {
  const end = block.indexOf(0, 2);
  if (block[0] === 0 && block[1] === 2 && end >= PADDING_BYTES - 1) return block.subarray(end + 1);
  return randomBytes(NONCE_BYTES);
}
