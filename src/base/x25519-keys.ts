import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from "node:crypto";

/** The DER of a raw secret key is these bytes before it (RFC 8410). */
const PRIVATE_DER = Buffer.from("302e020100300506032b656e04220420", "hex");

/** The DER of a raw public key has so many bytes before it (RFC 8410). */
const PUBLIC_DER_BYTES = 12;

const PUBLIC_ENCODING = { type: "spki", format: "der" } as const;

/** The X25519 secret key (RFC 7748) of 32 bytes. */
export function x25519Secret(raw: Uint8Array): KeyObject {
  const key = Buffer.concat([PRIVATE_DER, raw]);
  const secret = createPrivateKey({ key, format: "der", type: "pkcs8" });
  key.fill(0);
  return secret;
}

/** A new X25519 key, and the 32 bytes of its public key. */
export function newX25519Key(): { readonly privateKey: KeyObject; readonly publicKey: Buffer } {
  // a key that was just made is not exported as JWK: Node waits for itself for ever if it collects
  // garbage meanwhile (exporting and the end of what made the key take the same lock)
  // the types know only both keys encoded, or none
  const pair = generateKeyPairSync("x25519", { publicKeyEncoding: PUBLIC_ENCODING } as object);
  const { privateKey, publicKey } = pair as unknown as { privateKey: KeyObject; publicKey: Buffer };
  return { privateKey, publicKey: publicKey.subarray(PUBLIC_DER_BYTES) };
}

/** A new pair of raw X25519 keys, 32 bytes each. */
export function newX25519Pair(): { readonly secret: Buffer; readonly public: Buffer } {
  const { privateKey, publicKey } = generateKeyPairSync("x25519", {
    publicKeyEncoding: PUBLIC_ENCODING,
    privateKeyEncoding: { type: "pkcs8", format: "der" },
  });
  return {
    secret: privateKey.subarray(PRIVATE_DER.length),
    public: publicKey.subarray(PUBLIC_DER_BYTES),
  };
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
