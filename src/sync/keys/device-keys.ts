import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import { newX25519Pair } from "#base/x25519-keys.ts";
import { canonicalText } from "#sync/tokens/json-value.ts";
import { encodeBech32 } from "./bech32.ts";

/** What other devices know of a device: raw public keys, in Base64. */
export interface PublicKeys {
  /** Ed25519: what the device writes is signed with it. */
  readonly signing: string;
  /** X25519: what others write is encrypted for it. */
  readonly recipient: string;
}

/** The keys of this device, in Base64. They are stored under the vault's key only. */
export interface DeviceKeys extends PublicKeys {
  readonly signingSecret: string;
  readonly identity: string;
}

const PUBLIC_DER = Buffer.from("302a300506032b6570032100", "hex");

const signingKeys = new WeakMap<Pick<DeviceKeys, "signingSecret">, KeyObject>();
const checkingKeys = new WeakMap<Pick<PublicKeys, "signing">, KeyObject>();

/** New keys for a device. */
export function newDeviceKeys(): DeviceKeys {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519", {
    publicKeyEncoding: { type: "spki", format: "der" },
    privateKeyEncoding: { type: "pkcs8", format: "der" },
  });
  const pair = newX25519Pair();
  return {
    signing: publicKey.subarray(PUBLIC_DER.length).toString("base64"),
    recipient: pair.public.toString("base64"),
    signingSecret: privateKey.toString("base64"),
    identity: pair.secret.toString("base64"),
  };
}

/** A device's id: its keys decide it, so that nobody can take another device's id. */
export function deviceId({ signing, recipient }: PublicKeys): string {
  return createHash("sha256").update(`${signing} ${recipient}`).digest("hex").slice(0, 16);
}

/** A signature over the canonical text of a value, in Base64. `purpose` tells signatures apart. */
export function signValue(
  value: unknown,
  purpose: string,
  keys: Pick<DeviceKeys, "signingSecret">,
): string {
  const key = keyOf(signingKeys, keys, () =>
    createPrivateKey({
      key: Buffer.from(keys.signingSecret, "base64"),
      format: "der",
      type: "pkcs8",
    }),
  );
  return sign(null, signedBytes(value, purpose), key).toString("base64");
}

/** Whether the device with these keys has signed this value for this purpose. */
export function isSigned(
  value: unknown,
  purpose: string,
  signature: string,
  keys: Pick<PublicKeys, "signing">,
): boolean {
  const key = keyOf(checkingKeys, keys, () => publicKey(keys.signing));
  return verify(null, signedBytes(value, purpose), key, Buffer.from(signature, "base64"));
}

/** The SHA-256 of a value's canonical text, in hexadecimal. */
export function hashOf(value: unknown): string {
  return createHash("sha256").update(canonicalText(value)).digest("hex");
}

/** A new recovery identity, as the program age writes it, and its recipient in Base64. */
export function newRecovery(): { readonly identity: string; readonly recipient: string } {
  const pair = newX25519Pair();
  const identity = encodeBech32("age-secret-key-", pair.secret).toUpperCase();
  return { identity, recipient: pair.public.toString("base64") };
}

function signedBytes(value: unknown, purpose: string): Buffer {
  return Buffer.from(`fob ${purpose}\n${canonicalText(value)}`);
}

/** The key that belongs to an object, read once: reading it takes longer than a signature. */
function keyOf<T extends object>(
  known: WeakMap<T, KeyObject>,
  owner: T,
  read: () => KeyObject,
): KeyObject {
  const key = known.get(owner) ?? read();
  known.set(owner, key);
  return key;
}

function publicKey(raw: string): KeyObject {
  const key = Buffer.concat([PUBLIC_DER, Buffer.from(raw, "base64")]);
  return createPublicKey({ key, format: "der", type: "spki" });
}
