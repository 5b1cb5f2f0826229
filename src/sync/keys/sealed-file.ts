import type { Decrypter, Encrypter } from "age-encryption";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { x25519Identity, x25519Recipient } from "./x25519.ts";

/** Encrypts as an age file for the recipients that it was made for. */
export type SealFile = (plaintext: Uint8Array) => Promise<Buffer>;

/**
 * Decrypts an age file with the key that it was made for. Null when the file is for others. Rejects
 * with FobError `invalid` when it is damaged, or no age file.
 */
export type OpenFile = (bytes: Uint8Array) => Promise<Buffer | null>;

/** Makes the encryption for raw X25519 public keys; the keys are read once for all files. */
export function sealerFor(recipients: readonly Uint8Array[]): SealFile {
  let ready: Promise<Encrypter> | null = null;
  return async (plaintext) => {
    ready ??= encrypterFor(recipients);
    return Buffer.from(await (await ready).encrypt(plaintext));
  };
}

/** Makes the decryption with a raw X25519 key; the key is read once for all files. */
export function openerFor(secret: Uint8Array): OpenFile {
  let ready: Promise<Decrypter> | null = null;
  return async (bytes) => {
    ready ??= decrypterFor(secret);
    const decrypter = await ready;
    try {
      return Buffer.from(await decrypter.decrypt(bytes));
    } catch (cause) {
      if (/no identity matched/i.test((cause as Error).message)) return null;
      throw new FobError("invalid", t("a file of the repository is damaged"), { cause });
    }
  };
}

async function encrypterFor(recipients: readonly Uint8Array[]): Promise<Encrypter> {
  const age = await import("age-encryption");
  const encrypter = new age.Encrypter();
  for (const recipient of recipients)
    encrypter.addRecipient(x25519Recipient(recipient, (args, body) => new age.Stanza(args, body)));
  return encrypter;
}

async function decrypterFor(secret: Uint8Array): Promise<Decrypter> {
  const age = await import("age-encryption");
  const decrypter = new age.Decrypter();
  decrypter.addIdentity(x25519Identity(secret));
  return decrypter;
}
