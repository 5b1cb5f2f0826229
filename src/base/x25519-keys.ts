import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";

/** The DER of a raw secret key is these bytes before it (RFC 8410). */
const PRIVATE_DER = Buffer.from("302e020100300506032b656e04220420", "hex");

/** The X25519 secret key (RFC 7748) of 32 bytes. */
export function x25519Secret(raw: Uint8Array): KeyObject {
  const key = Buffer.concat([PRIVATE_DER, raw]);
  const secret = createPrivateKey({ key, format: "der", type: "pkcs8" });
  key.fill(0);
  return secret;
}

/** The 32 bytes of a secret key. */
export function rawSecret(key: KeyObject): Buffer {
  return key.export({ format: "der", type: "pkcs8" }).subarray(PRIVATE_DER.length);
}

// as JWK, which Node reads and writes in a small part of the time that DER takes
/** The X25519 public key of 32 bytes. */
export function x25519Public(raw: Uint8Array): KeyObject {
  const x = Buffer.from(raw).toString("base64url");
  return createPublicKey({ key: { kty: "OKP", crv: "X25519", x }, format: "jwk" });
}

/** The 32 bytes of a public key, or of that of a secret key. */
export function rawPublic(key: KeyObject): Buffer {
  const publicKey = key.type === "private" ? createPublicKey(key) : key;
  return Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url");
}
