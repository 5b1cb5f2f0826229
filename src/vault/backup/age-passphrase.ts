import { randomBytes, scrypt } from "node:crypto";
import type { Identity, Recipient, Stanza } from "age-encryption";
import { unwrapAgeFileKey, WRAPPED_BYTES, wrapAgeFileKey } from "#base/age-file-key.ts";
import { forget, type Secret } from "#token/secret.ts";

/**
 * The work factor that age itself chooses, as a power of two: scrypt takes 256 MiB then; some files
 * have 19.
 */
export const MAX_WORK_FACTOR = 18;

/**
 * The type of the stanza (https://age-encryption.org/v1, "The scrypt recipient type"); its salt
 * begins with the same word.
 */
const TYPE = "scrypt";
const LABEL = Buffer.from("age-encryption.org/v1/scrypt");

const SALT_BYTES = 16;

/**
 * Encrypts with a passphrase (UTF-8). Node's scrypt runs in its own thread, so that a signal can
 * end it, and takes a quarter of the time of age's JavaScript. `newStanza` makes the age package's
 * stanza object.
 */
export function passphraseRecipient(
  passphrase: Uint8Array,
  newStanza: (args: string[], body: Uint8Array) => Stanza,
): Recipient {
  return {
    async wrapFileKey(fileKey) {
      const salt = randomBytes(SALT_BYTES);
      const key = await stretch(passphrase, salt, MAX_WORK_FACTOR);
      const body = wrapAgeFileKey(key, fileKey);
      forget(key);
      return [newStanza([TYPE, withoutPadding(salt), String(MAX_WORK_FACTOR)], body)];
    },
  };
}

/**
 * Decrypts what {@link passphraseRecipient} or age has encrypted with a passphrase. Rejects for a
 * stanza that breaks the format.
 */
export function passphraseIdentity(passphrase: Uint8Array): Identity {
  return {
    async unwrapFileKey(stanzas) {
      const stanza = stanzas.find(({ args: [type] }) => type === TYPE);
      if (!stanza) return null;
      const { salt, workFactor } = parse(stanza, stanzas.length);
      const key = await stretch(passphrase, salt, workFactor);
      try {
        return unwrapAgeFileKey(key, stanza.body);
      } finally {
        forget(key);
      }
    },
  };
}

function parse(
  { args, body }: Stanza,
  count: number,
): { readonly salt: Buffer; readonly workFactor: number } {
  const [, saltText = "", workFactorText = ""] = args;
  const salt = Buffer.from(saltText, "base64");
  const workFactor = Number(workFactorText);
  const isRight =
    count === 1 &&
    args.length === 3 &&
    salt.length === SALT_BYTES &&
    withoutPadding(salt) === saltText &&
    /^[1-9][0-9]?$/.test(workFactorText) &&
    workFactor <= MAX_WORK_FACTOR &&
    body.length === WRAPPED_BYTES;
  if (!isRight) throw new Error("invalid scrypt stanza");
  return { salt, workFactor };
}

function stretch(passphrase: Uint8Array, salt: Buffer, workFactor: number): Promise<Secret> {
  const cost = { N: 2 ** workFactor, r: 8, p: 1 };
  const maxmem = 128 * cost.r * (cost.N + cost.p + 2);
  return new Promise((resolve, reject) => {
    scrypt(passphrase, Buffer.concat([LABEL, salt]), 32, { ...cost, maxmem }, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}

function withoutPadding(bytes: Buffer): string {
  return bytes.toString("base64").replaceAll("=", "");
}
