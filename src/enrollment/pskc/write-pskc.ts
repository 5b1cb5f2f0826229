import { createCipheriv, createHash, createHmac, randomBytes } from "node:crypto";
import { t } from "#base/language.ts";
import type { ExportedToken, ExportFormat } from "#enrollment/exported-token.ts";
import { deriveKey } from "#enrollment/passphrase.ts";
import type { Alphabet } from "#otp/alphabet.ts";
import { isMadeWithPin, type OtpCredential } from "#token/credential.ts";
import type { RequiredPin } from "#token/draft/parsed-token.ts";
import { stripControls } from "#token/printable.ts";
import { forget } from "#token/secret.ts";
import { nameAsUser } from "./distinguished-name.ts";

const SALT_BYTES = 16;
const IV_BYTES = 16;

/** As long as the hash's output. */
const MAC_KEY_BYTES: Readonly<Record<Profile["hash"], number>> = { sha1: 20, sha256: 32 };

const PSKC_NAMESPACE = "urn:ietf:params:xml:ns:keyprov:pskc";
const NAMESPACES = {
  "@xmlns": PSKC_NAMESPACE,
  "@xmlns:ds": "http://www.w3.org/2000/09/xmldsig#",
  "@xmlns:xenc": "http://www.w3.org/2001/04/xmlenc#",
  "@xmlns:xenc11": "http://www.w3.org/2009/xmlenc11#",
  "@xmlns:pkcs5": "http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#",
};
const PBKDF2 = "http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#pbkdf2";

/** How a container is encrypted, and which hash it uses. */
interface Profile {
  /** Of the key that a passphrase makes. */
  readonly keyBytes: 16 | 32;
  /** As OWASP recommends for PBKDF2 with this hash. */
  readonly iterations: number;
  /** Of PBKDF2 and of MACs. */
  readonly hash: "sha1" | "sha256";
}

const MODERN: Profile = { keyBytes: 32, iterations: 600_000, hash: "sha256" };

/** The only methods that privacyIDEA reads. */
const PRIVACYIDEA: Profile = { keyBytes: 16, iterations: 1_300_000, hash: "sha1" };

const HMACS: Readonly<Record<Profile["hash"], string>> = {
  sha1: "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
  sha256: "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
};

/** By the bytes of their keys. */
const CIPHERS: ReadonlyMap<number, "aes-128-cbc" | "aes-192-cbc" | "aes-256-cbc"> = new Map([
  [16, "aes-128-cbc"],
  [24, "aes-192-cbc"],
  [32, "aes-256-cbc"],
]);

/** A file has one pre-shared key, which it must name (section 6.1). */
const KEY_NAME = "Pre-shared-key";

/** The counter of a container is signed. */
const MAX_COUNTER = 2n ** 63n - 1n;

const ENCODINGS: Partial<Readonly<Record<Alphabet, string>>> = {
  decimal: "DECIMAL",
  hexadecimal: "HEXADECIMAL",
  base64: "BASE64",
};

/** Key containers of RFC 6030. */
export const pskcExport = {
  id: "pskc",
  refuse: refusalOf,
  isDrawable: false,
  canBeEncrypted: true,
  keyBytes: [...CIPHERS.keys()],
  write: async (tokens, passphrase, preSharedKey = null) =>
    asExport(await formatPskc(tokens, passphrase, { preSharedKey })),
} as const satisfies ExportFormat;

/** Key containers that privacyIDEA imports: fewer kinds of tokens, and older methods. */
export const privacyIdeaExport = {
  id: "privacyidea",
  refuse(token) {
    const { credential } = token;
    if (credential.kind === "ocra") return t("privacyIDEA imports no challenge-response tokens");
    if (!isMadeWithPin(credential) && credential.alphabet !== "decimal")
      return t`privacyIDEA has no ${credential.alphabet} passcodes`;
    return refusalOf(token);
  },
  isDrawable: false,
  canBeEncrypted: true,
  keyBytes: [PRIVACYIDEA.keyBytes],
  write: async (tokens, passphrase, preSharedKey = null) =>
    asExport(await formatPskc(tokens, passphrase, { preSharedKey, profile: PRIVACYIDEA })),
} as const satisfies ExportFormat;

function asExport(text: string) {
  return { titles: ["PSKC"], texts: [text.trimEnd()] };
}

function refusalOf({ credential }: ExportedToken): string | null {
  if (isMadeWithPin(credential))
    return t`PSKC has no name for ${{ motp: "Mobile-OTP", yandex: "Yandex" }[credential.kind]}`;
  if (credential.kind !== "totp" && (credential.counter ?? 0n) > MAX_COUNTER)
    return t("the counter is too large for PSKC");
  if (credential.kind === "ocra") return null;
  if (!Object.hasOwn(ENCODINGS, credential.alphabet))
    return t`PSKC cannot say ${credential.alphabet} passcodes`;
  return credential.kind === "totp" && credential.t0 !== 0
    ? t("PSKC counts time steps from 1970 alone")
    : null;
}

/** How the secrets of one container are written. */
interface SecretWriter {
  /** The elements before the keys, which say how to decrypt them. */
  readonly head: object;
  write(secret: Uint8Array): object;
  /** Overwrites the keys that it made. */
  forget(): void;
}

/** How a container is written, besides for a passphrase. */
interface Writing {
  /**
   * A key that the recipient has already: 16, 24 or 32 bytes. It is used in place of a passphrase.
   */
  readonly preSharedKey?: Uint8Array | null;
  readonly profile?: Profile;
}

/**
 * Tokens that {@link pskcExport} does not refuse as a key container: secrets with AES-CBC and HMAC
 * under a pre-shared key or one that PBKDF2 makes of the passphrase (UTF-8), or plain where there
 * is neither.
 */
export async function formatPskc(
  tokens: readonly ExportedToken[],
  passphrase: Uint8Array | null,
  { preSharedKey = null, profile = MODERN }: Writing = {},
): Promise<string> {
  const { XMLBuilder } = await import("fast-xml-parser");
  const secrets = await secretWriter(passphrase, preSharedKey, profile);
  const builder = new XMLBuilder({
    ignoreAttributes: false,
    attributeNamePrefix: "@",
    format: true,
    suppressEmptyNode: true,
  });
  try {
    return builder.build({
      "?xml": { "@version": "1.0", "@encoding": "UTF-8" },
      KeyContainer: {
        "@Version": "1.0",
        ...NAMESPACES,
        ...secrets.head,
        KeyPackage: tokens.map((token) => packageOf(token, secrets)),
      },
    });
  } finally {
    secrets.forget();
  }
}

const PLAIN_SECRETS: SecretWriter = {
  head: {},
  write: (secret) => ({ PlainValue: Buffer.from(secret).toString("base64") }),
  forget() {
    // there is no key
  },
};

async function secretWriter(
  passphrase: Uint8Array | null,
  preSharedKey: Uint8Array | null,
  profile: Profile,
): Promise<SecretWriter> {
  if (preSharedKey) return encryptedSecrets({ "ds:KeyName": KEY_NAME }, preSharedKey, profile.hash);
  if (!passphrase) return PLAIN_SECRETS;
  const { hash, iterations, keyBytes } = profile;
  const salt = randomBytes(SALT_BYTES);
  const key = await deriveKey(passphrase, { kdf: "pbkdf2", salt, hash, iterations, keyBytes });
  const parameters = {
    Salt: { Specified: salt.toString("base64") },
    IterationCount: iterations,
    KeyLength: keyBytes,
    // the default is not written: privacyIDEA knows no other
    ...(hash === "sha1" ? {} : { PRF: { "@Algorithm": HMACS[hash] } }),
  };
  const method = { "@Algorithm": PBKDF2, "pkcs5:PBKDF2-params": parameters };
  const opening = { "xenc11:DerivedKey": { "xenc11:KeyDerivationMethod": method } };
  const secrets = encryptedSecrets(opening, key, hash);
  return {
    ...secrets,
    forget() {
      secrets.forget();
      forget(key);
    },
  };
}

/** `opening` describes how the reader gets the key. */
function encryptedSecrets(opening: object, key: Uint8Array, hash: Profile["hash"]): SecretWriter {
  const macKey = randomBytes(MAC_KEY_BYTES[hash]);
  return {
    head: {
      EncryptionKey: opening,
      MACMethod: { "@Algorithm": HMACS[hash], MACKey: encrypted(encrypt(key, macKey), key) },
    },
    write(secret) {
      const data = encrypt(key, secret);
      const mac = createHmac(hash, macKey).update(data).digest("base64");
      return { EncryptedValue: encrypted(data, key), ValueMAC: mac };
    },
    forget: () => forget(macKey),
  };
}

function encrypted(data: Buffer, key: Uint8Array): object {
  const cipher = cipherOf(key).replace("aes-", "aes");
  return {
    "xenc:EncryptionMethod": { "@Algorithm": `http://www.w3.org/2001/04/xmlenc#${cipher}` },
    "xenc:CipherData": { "xenc:CipherValue": data.toString("base64") },
  };
}

function encrypt(key: Uint8Array, plaintext: Uint8Array): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(cipherOf(key), key, iv);
  return Buffer.concat([iv, cipher.update(plaintext), cipher.final()]);
}

function cipherOf(key: Uint8Array) {
  const cipher = CIPHERS.get(key.length);
  if (cipher) return cipher;
  throw new Error("a key was not refused that no cipher takes");
}

function packageOf(token: ExportedToken, secrets: SecretWriter): object {
  const { name, issuer, account, serial, credential, secret, pin } = token;
  return {
    ...(serial === null ? {} : { DeviceInfo: { SerialNo: wellFormed(serial) } }),
    Key: {
      "@Id": idOf(token),
      "@Algorithm": algorithmOf(credential),
      ...(issuer === null ? {} : { Issuer: wellFormed(issuer) }),
      ...parametersOf(credential),
      FriendlyName: wellFormed(name),
      Data: { Secret: secrets.write(secret), ...dataOf(credential) },
      ...(account === null ? {} : { UserId: wellFormed(nameAsUser(account)) }),
      ...(pin === undefined ? {} : { Policy: { PINPolicy: pinOf(pin) } }),
    },
  };
}

/**
 * 16 hexadecimal digits. The same token is written with the same id, whatever vault it comes from.
 */
function idOf({ name, issuer, account, serial }: ExportedToken): string {
  const hash = createHash("sha256").update(JSON.stringify([name, issuer, account, serial]));
  return hash.digest("hex").slice(0, 16);
}

/** Names from older versions may contain characters that XML does not allow. */
function wellFormed(name: string): string {
  return stripControls(name);
}

function algorithmOf(credential: OtpCredential): string {
  return credential.kind === "ocra"
    ? `${PSKC_NAMESPACE}:${credential.suite}`
    : `${PSKC_NAMESPACE}:${credential.kind}`;
}

function parametersOf(credential: OtpCredential): object {
  if (credential.kind === "ocra" || isMadeWithPin(credential)) return {};
  const { algorithm, digits, alphabet } = credential;
  return {
    AlgorithmParameters: {
      ...(algorithm === "SHA1" ? {} : { Suite: algorithm }),
      ResponseFormat: { "@Encoding": ENCODINGS[alphabet], "@Length": digits },
    },
  };
}

function dataOf(credential: OtpCredential): object {
  if (credential.kind === "totp") return { TimeInterval: { PlainValue: credential.period } };
  if (isMadeWithPin(credential) || credential.counter === null) return {};
  return { Counter: { PlainValue: String(credential.counter) } };
}

/** PIN rules that PSKC cannot express (history, expiry, wiping) are left out. */
function pinOf(pin: RequiredPin): object {
  if (pin.type === "server")
    return { "@PINUsageMode": pin.order === "after" ? "Append" : "Prepend" };
  const { minLength, maxLength, alphabet, attempts } = pin.policy;
  const encodings = { numeric: "DECIMAL", alphanumeric: "ALPHANUMERIC", any: "BINARY" };
  return {
    "@PINUsageMode": "Local",
    "@MaxFailedAttempts": attempts,
    "@MinLength": minLength,
    "@MaxLength": maxLength,
    "@PINEncoding": encodings[alphabet],
  };
}
