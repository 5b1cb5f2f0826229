import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { x25519Identity, x25519Recipient } from "./x25519.ts";

/** Encrypts as an age file for raw X25519 public keys. */
export async function sealFor(
  plaintext: Uint8Array,
  recipients: readonly Uint8Array[],
): Promise<Buffer> {
  const { Encrypter, Stanza } = await import("age-encryption");
  const encrypter = new Encrypter();
  for (const recipient of recipients)
    encrypter.addRecipient(x25519Recipient(recipient, (args, body) => new Stanza(args, body)));
  return Buffer.from(await encrypter.encrypt(plaintext));
}

/**
 * Decrypts an age file with a raw X25519 key. Null when it is for others. Rejects with FobError
 * `invalid` when it is damaged, or no age file.
 */
export async function openSealed(bytes: Uint8Array, secret: Uint8Array): Promise<Buffer | null> {
  const { Decrypter } = await import("age-encryption");
  const decrypter = new Decrypter();
  decrypter.addIdentity(x25519Identity(secret));
  try {
    return Buffer.from(await decrypter.decrypt(bytes));
  } catch (cause) {
    if (/no identity matched/i.test((cause as Error).message)) return null;
    throw new FobError("invalid", t("a file of the repository is damaged"), { cause });
  }
}
