import { createCipheriv, createHash, createHmac, randomBytes } from "node:crypto";
import { t } from "#base/language.ts";
import type { RequiredPin } from "#enrollment/draft.ts";
import type { ExportedToken, ExportFormat } from "#enrollment/exported-token.ts";
import { deriveKey } from "#enrollment/passphrase.ts";
import type { Alphabet } from "#otp/alphabet.ts";
import type { OtpCredential } from "#token/credential.ts";
import { stripControls } from "#token/printable.ts";
import { nameAsUser } from "./distinguished-name.ts";

/** As OWASP recommends for PBKDF2 with HMAC-SHA-256. */
const ITERATIONS = 600_000;
const KEY_BYTES = 32;
const SALT_BYTES = 16;
const IV_BYTES = 16;

const PSKC_NAMESPACE = "urn:ietf:params:xml:ns:keyprov:pskc";
const NAMESPACES = {
  "@xmlns": PSKC_NAMESPACE,
  "@xmlns:xenc": "http://www.w3.org/2001/04/xmlenc#",
  "@xmlns:xenc11": "http://www.w3.org/2009/xmlenc11#",
  "@xmlns:pkcs5": "http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#",
};
const PBKDF2 = "http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#pbkdf2";
const HMAC_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256";
const AES256_CBC = "http://www.w3.org/2001/04/xmlenc#aes256-cbc";

const ENCODINGS: Partial<Readonly<Record<Alphabet, string>>> = {
  decimal: "DECIMAL",
  hexadecimal: "HEXADECIMAL",
  base64: "BASE64",
};

/** Key containers of RFC 6030. */
export const pskcExport = {
  id: "pskc",
  refuse({ credential }) {
    if (credential.kind === "motp") return t("PSKC has no name for Mobile-OTP");
    if (credential.kind === "ocra") return null;
    if (!Object.hasOwn(ENCODINGS, credential.alphabet))
      return t`PSKC cannot say ${credential.alphabet} passcodes`;
    return credential.kind === "totp" && credential.t0 !== 0
      ? t("PSKC counts time steps from 1970 alone")
      : null;
  },
  isDrawable: false,
  canBeEncrypted: true,
  async write(tokens, passphrase) {
    const text = await formatPskc(tokens, passphrase);
    return { titles: ["PSKC"], texts: [text.trimEnd()] };
  },
} as const satisfies ExportFormat;

/** How the secrets of one container are written. */
interface SecretWriter {
  /** What stands before the keys and says how to open them. */
  readonly head: object;
  write(secret: Uint8Array): object;
}

/**
 * Tokens that {@link pskcExport} does not refuse as a key container: secrets with AES-256-CBC and
 * HMAC-SHA-256 under a key that PBKDF2 makes of the passphrase (UTF-8), or plain where there is
 * none.
 */
export async function formatPskc(
  tokens: readonly ExportedToken[],
  passphrase: Uint8Array | null,
): Promise<string> {
  const secrets = passphrase ? await encryptedSecrets(passphrase) : PLAIN_SECRETS;
  const { XMLBuilder } = await import("fast-xml-parser");
  const builder = new XMLBuilder({
    ignoreAttributes: false,
    attributeNamePrefix: "@",
    format: true,
    suppressEmptyNode: true,
  });
  const container = {
    "?xml": { "@version": "1.0", "@encoding": "UTF-8" },
    KeyContainer: {
      "@Version": "1.0",
      ...NAMESPACES,
      ...secrets.head,
      KeyPackage: tokens.map((token) => packageOf(token, secrets)),
    },
  };
  return builder.build(container);
}

const PLAIN_SECRETS: SecretWriter = {
  head: {},
  write: (secret) => ({ PlainValue: Buffer.from(secret).toString("base64") }),
};

async function encryptedSecrets(passphrase: Uint8Array): Promise<SecretWriter> {
  const salt = randomBytes(SALT_BYTES);
  const key = await deriveKey(passphrase, {
    kdf: "pbkdf2",
    salt,
    hash: "sha256",
    iterations: ITERATIONS,
    keyBytes: KEY_BYTES,
  });
  const macKey = randomBytes(KEY_BYTES);
  const parameters = {
    "pkcs5:PBKDF2-params": {
      Salt: { Specified: salt.toString("base64") },
      IterationCount: ITERATIONS,
      KeyLength: KEY_BYTES,
      PRF: { "@Algorithm": HMAC_SHA256 },
    },
  };
  return {
    head: {
      EncryptionKey: {
        "xenc11:DerivedKey": {
          "xenc11:KeyDerivationMethod": { "@Algorithm": PBKDF2, ...parameters },
        },
      },
      MACMethod: { "@Algorithm": HMAC_SHA256, MACKey: encrypted(encrypt(key, macKey)) },
    },
    write(secret) {
      const data = encrypt(key, secret);
      const mac = createHmac("sha256", macKey).update(data).digest("base64");
      return { EncryptedValue: encrypted(data), ValueMAC: mac };
    },
  };
}

function encrypted(data: Buffer): object {
  return {
    "xenc:EncryptionMethod": { "@Algorithm": AES256_CBC },
    "xenc:CipherData": { "xenc:CipherValue": data.toString("base64") },
  };
}

function encrypt(key: Buffer, plaintext: Uint8Array): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv("aes-256-cbc", key, iv);
  return Buffer.concat([iv, cipher.update(plaintext), cipher.final()]);
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

/** The same token is written with the same id, whatever vault it comes from; 16 hexadecimal digits. */
function idOf({ name, issuer, account, serial }: ExportedToken): string {
  const hash = createHash("sha256").update(JSON.stringify([name, issuer, account, serial]));
  return hash.digest("hex").slice(0, 16);
}

/** Names that older versions took as they came may hold what XML cannot. */
function wellFormed(name: string): string {
  return stripControls(name);
}

function algorithmOf(credential: OtpCredential): string {
  return credential.kind === "ocra"
    ? `${PSKC_NAMESPACE}:${credential.suite}`
    : `${PSKC_NAMESPACE}:${credential.kind}`;
}

function parametersOf(credential: OtpCredential): object {
  if (credential.kind === "ocra" || credential.kind === "motp") return {};
  const { algorithm, digits, alphabet } = credential;
  return {
    AlgorithmParameters: {
      ...(algorithm === "SHA1" ? {} : { Suite: `HMAC-${algorithm}` }),
      ResponseFormat: { "@Encoding": ENCODINGS[alphabet], "@Length": digits },
    },
  };
}

function dataOf(credential: OtpCredential): object {
  if (credential.kind === "totp") return { TimeInterval: { PlainValue: credential.period } };
  if (credential.kind === "motp" || credential.counter === null) return {};
  return { Counter: { PlainValue: String(credential.counter) } };
}

/** What PSKC has no words for (history, expiry, wiping) is left out. */
function pinOf(pin: RequiredPin): object {
  if (pin.type === "server") return { "@PINUsageMode": "Append" };
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
