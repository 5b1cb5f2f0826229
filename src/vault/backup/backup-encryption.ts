import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { MAX_WORK_FACTOR, passphraseIdentity, passphraseRecipient } from "./age-passphrase.ts";

/** The start of a file that age has encrypted, in binary or ASCII armor. */
const AGE_FILE = /^(?:age-encryption\.org\/v1|-----BEGIN AGE ENCRYPTED FILE-----)/;

/**
 * Longest header, in bytes: hundreds of recipients. Each of them costs an elliptic curve
 * multiplication.
 */
const MAX_HEADER = 64 * 1024;

/**
 * What opens a new file: a passphrase (UTF-8), or the identity of one of the recipients
 * (`age1...`).
 */
export type Lock = { readonly passphrase: Uint8Array } | { readonly recipients: readonly string[] };

/**
 * What opens a file: the identities of age's key files, or a passphrase, which is asked for only
 * when the file needs one.
 */
export interface Keys {
  readonly identities: readonly string[];
  askPassphrase(): Promise<Uint8Array>;
}

/** Whether these are the first bytes of a file that age has encrypted. */
export function isAgeFile(bytes: Buffer): boolean {
  return AGE_FILE.test(bytes.subarray(0, 64).toString("latin1"));
}

/**
 * Encrypts `plaintext` as an age file (age-encryption.org/v1). Rejects with FobError `usage` for an
 * invalid recipient.
 */
export async function encryptForAge(plaintext: Uint8Array, lock: Lock): Promise<Buffer> {
  const { Encrypter, Stanza } = await import("age-encryption");
  const encrypter = new Encrypter();
  if ("passphrase" in lock) {
    encrypter.addRecipient(
      passphraseRecipient(lock.passphrase, (args, body) => new Stanza(args, body)),
    );
  } else
    for (const recipient of lock.recipients)
      addRecipient(() => encrypter.addRecipient(recipient), recipient);
  return Buffer.from(await encrypter.encrypt(plaintext));
}

/** The same bytes in ASCII armor, for text. */
export async function armorAgeFile(bytes: Uint8Array): Promise<string> {
  return (await import("age-encryption")).armor.encode(bytes);
}

/**
 * The plaintext of an age file. Rejects with FobError `denied` when none of the keys opens it,
 * `invalid` when it is damaged.
 */
export async function decryptFromAge(bytes: Buffer, keys: Keys): Promise<Buffer> {
  const { armor, Decrypter } = await import("age-encryption");
  const decrypter = new Decrypter();
  const text = bytes.toString("latin1");
  const file = text.startsWith("-----") ? decodeArmor(() => armor.decode(text)) : bytes;
  refuseCostly(
    Buffer.from(file.buffer, file.byteOffset, Math.min(file.length, MAX_HEADER)).toString("latin1"),
  );
  if (keys.identities.length > 0)
    for (const identity of keys.identities) addIdentity(() => decrypter.addIdentity(identity));
  else decrypter.addIdentity(passphraseIdentity(await keys.askPassphrase()));
  try {
    return Buffer.from(await decrypter.decrypt(file));
  } catch (cause) {
    if (/no identity matched/i.test((cause as Error).message)) {
      const what =
        keys.identities.length > 0
          ? t("the identity does not open")
          : t("the passphrase does not open");
      throw new FobError("denied", t`${what} this file`, { cause });
    }
    throw new FobError(
      "invalid",
      t("this age file is damaged, or made in a way that fob does not know"),
      { cause },
    );
  }
}

/**
 * Throws FobError `invalid` for a header that would take too long: a long one, or a passphrase
 * stanza (`scrypt`) with a high work factor.
 */
function refuseCostly(start: string): void {
  const end = start.indexOf("\n---");
  if (end < 0)
    throw new FobError("invalid", t("this age file is damaged, or made for too many recipients"));
  for (const line of start.slice(0, end).split("\n")) {
    const [arrow, type, , cost] = line.split(" ");
    if (arrow !== "->" || type !== "scrypt" || !(Number(cost) > MAX_WORK_FACTOR)) continue;
    throw new FobError(
      "invalid",
      t`the passphrase of this file is made to take more than ${2 ** (MAX_WORK_FACTOR - 10)} MiB`,
      {
        hint: t("`age -d` opens it, and `age -p` encrypts it as usual"),
      },
    );
  }
}

/**
 * The identities in an age key file: one a line, and comments. Throws FobError `invalid` when there
 * is none.
 */
export function parseIdentities(text: string, path: string): string[] {
  const lines = text.split("\n").map((line) => line.trim());
  const identities = lines.filter((line) => line.startsWith("AGE-SECRET-KEY-"));
  if (identities.length === 0)
    throw new FobError("invalid", t`${path} holds no identity of age (AGE-SECRET-KEY-...)`);
  return identities;
}

function addRecipient(add: () => void, recipient: string): void {
  try {
    add();
  } catch (cause) {
    throw new FobError(
      "usage",
      t`${JSON.stringify(recipient)} is no recipient of age: age1... is one`,
      { cause },
    );
  }
}

function addIdentity(add: () => void): void {
  try {
    add();
  } catch (cause) {
    throw new FobError("invalid", t("an identity in the key file is damaged"), { cause });
  }
}

function decodeArmor(decode: () => Uint8Array): Uint8Array {
  try {
    return decode();
  } catch (cause) {
    throw new FobError("invalid", t("the armor of this age file is damaged"), { cause });
  }
}
