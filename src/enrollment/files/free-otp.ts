import * as v from "valibot";
import { decryptParts, NONCE_BYTES } from "#base/gcm.ts";
import { t } from "#base/language.ts";
import type { Derivation } from "#enrollment/passphrase.ts";
import { encodeBase32 } from "#token/base32.ts";
import { parseJsonOrNull } from "#token/bounded-json.ts";
import { show } from "#token/draft/uri-parameters.ts";
import { forget, type Secret } from "#token/secret.ts";
import { type AppFormat, type AppItem, number, text } from "./app-file.ts";
import { javaBytes } from "./java-bytes.ts";
import { isJavaStream, type JavaMap, readJavaMap } from "./java-map.ts";
import { damagedFile, openSealed, unknownMethod } from "./sealed-file.ts";

const APP = "FreeOTP";

/** Where the map has the key that opens the others. */
const MASTER_KEY = "masterKey";

/** What the entry of a token's description has behind the name of its key's. */
const DESCRIPTION = "-token";

/** What one entry of the map may come to. */
const LIMITS = { values: 4_096 };

const bytes = javaBytes(2_048);

const EncryptedKeySchema = v.object({
  mCipher: v.string(),
  mCipherText: bytes,
  mParameters: bytes,
  mToken: v.string(),
});

type EncryptedKey = v.InferOutput<typeof EncryptedKeySchema>;

const MasterKeySchema = v.object({
  mAlgorithm: v.string(),
  mEncryptedKey: EncryptedKeySchema,
  mIterations: v.pipe(v.number(), v.integer(), v.minValue(1)),
  mSalt: v.pipe(
    bytes,
    v.check(({ length }) => [16, 24, 32].includes(length)),
  ),
});

const DescriptionSchema = v.object({
  type: v.string(),
  issuerExt: text,
  issuerInt: text,
  label: text,
  algo: text,
  digits: number,
  period: number,
  counter: number,
});

/**
 * `externalBackup.xml` of FreeOTP 2, which is no XML but a serialized Java map. Each token's secret
 * is encrypted with the master key, and the master key with a key from the password.
 */
export const freeOtp = {
  id: "freeotp",
  app: APP,
  async read({ bytes }, askSecret, effort) {
    if (!isJavaStream(bytes)) return null;
    const map = readJavaMap(bytes);
    const master = v.safeParse(MasterKeySchema, jsonAt(map, MASTER_KEY), { abortEarly: true });
    if (!map || !master.success) throw damagedFile(APP);
    const { mEncryptedKey } = master.output;
    const masterKey = await openSealed(
      APP,
      [derivationOf(master.output)],
      { askSecret, effort },
      (key) => openKey(key, mEncryptedKey),
    );
    const names = new Set([...map.keys()].map((name) => name.replace(/-token$/, "")));
    names.delete(MASTER_KEY);
    try {
      return [...names].map((name) => entryOf(map, name, masterKey));
    } finally {
      forget(masterKey);
    }
  },
} as const satisfies AppFormat;

function derivationOf({
  mAlgorithm,
  mIterations,
  mSalt,
}: v.InferOutput<typeof MasterKeySchema>): Derivation {
  const hash = /^PBKDF2withHmacSHA(1|256|512)$/i.exec(mAlgorithm)?.[1];
  if (!hash) throw unknownMethod(APP, show(mAlgorithm));
  return {
    kdf: "pbkdf2",
    hash: `sha${hash as "1" | "256" | "512"}`,
    iterations: mIterations,
    salt: mSalt,
    // FreeOTP's key is as long as its salt
    keyBytes: mSalt.length,
  };
}

/** A key under another one; null when it does not open. */
function openKey(
  key: Secret,
  { mCipher, mCipherText, mParameters, mToken }: EncryptedKey,
): Secret | null {
  const nonce = nonceOf(mParameters);
  if (mCipher !== "AES/GCM/NoPadding" || !nonce || ![16, 24, 32].includes(key.length)) return null;
  return decryptParts(key, { nonce, sealed: mCipherText, associated: Buffer.from(mToken) });
}

/**
 * The nonce in a GCMParameters in DER (RFC 5084 section 3.2). Some versions of Android write the
 * nonce alone, and whatever length the parameters give the tag, it has 16 bytes.
 */
function nonceOf(parameters: Buffer): Buffer | null {
  const octets = parameters[0] === DER.sequence ? parameters.subarray(2) : parameters;
  const [tag, length] = octets;
  const nonce = octets.subarray(2, 2 + NONCE_BYTES);
  const isWhole = length === NONCE_BYTES && nonce.length === NONCE_BYTES;
  return tag === DER.octetString && isWhole ? nonce : null;
}

const DER = { sequence: 0x30, octetString: 0x04 } as const;

/** A token: its secret under `name`, and what it is in the description beside it. */
function entryOf(map: JavaMap, name: string, masterKey: Secret): AppItem {
  const description = v.safeParse(DescriptionSchema, jsonAt(map, name + DESCRIPTION));
  if (!description.success) return { fault: t("the file does not say what it is") };
  const { issuerExt, issuerInt, label, algo, ...token } = description.output;
  const names = { issuer: issuerExt || issuerInt, account: label };
  const secret = openSecret(map, name, masterKey);
  if (!secret) return { fault: t("its secret does not open with the key of the file"), ...names };
  const entry = { ...names, secret: encodeBase32(secret), algorithm: algo, ...token };
  forget(secret);
  return entry;
}

function openSecret(map: JavaMap, name: string, masterKey: Secret): Secret | null {
  const wrapped = v.safeParse(v.object({ key: v.string() }), jsonAt(map, name));
  if (!wrapped.success) return null;
  const key = v.safeParse(EncryptedKeySchema, parseJsonOrNull(wrapped.output.key, LIMITS));
  return key.success ? openKey(masterKey, key.output) : null;
}

function jsonAt(map: JavaMap | null, name: string): unknown {
  return parseJsonOrNull(map?.get(name) ?? "", LIMITS);
}
