import { createDecipheriv } from "node:crypto";
import { decrypt } from "#base/gcm.ts";
import type { Opening } from "#enrollment/passphrase.ts";
import type { Secret } from "#token/secret.ts";
import { damagedFile, GCM_OVERHEAD_BYTES, type OpenFile, openSealed } from "./sealed-file.ts";

const APP = "Stratum";
const KEY_BYTES = 32;

/** How a `.authpro` file begins: the one of today, and the older one. */
const MARK = Buffer.from("AUTHENTICATORPRO");
const OLD_MARK = Buffer.from("AuthenticatorPro");

const SALT_BYTES = 16;
const COSTS = { memory: 2 ** 16, passes: 3, lanes: 4 } as const;

const OLD_SALT_BYTES = 20;
const OLD_ITERATIONS = 64_000;
const BLOCK_BYTES = 16;

/** What stands in a `.authpro` file: Stratum's plain backup. */
export const openStratum: OpenFile = async ({ bytes }, opening) => {
  const mark = bytes.subarray(0, MARK.length);
  const rest = bytes.subarray(MARK.length);
  if (mark.equals(MARK)) return open(rest, opening);
  return mark.equals(OLD_MARK) ? openOld(rest, opening) : null;
};

function open(rest: Buffer, opening: Opening): Promise<Secret> {
  const salt = rest.subarray(0, SALT_BYTES);
  const sealed = rest.subarray(SALT_BYTES);
  if (sealed.length < GCM_OVERHEAD_BYTES) throw damagedFile(APP);
  const derivation = { kdf: "argon2id", salt, keyBytes: KEY_BYTES, costs: COSTS } as const;
  return openSealed(APP, [derivation], opening, (key) => decrypt(key, sealed));
}

/** AES-CBC without a MAC: a wrong password is recognized by the decrypted text only. */
function openOld(rest: Buffer, opening: Opening): Promise<Secret> {
  const salt = rest.subarray(0, OLD_SALT_BYTES);
  const iv = rest.subarray(OLD_SALT_BYTES, OLD_SALT_BYTES + BLOCK_BYTES);
  const ciphertext = rest.subarray(OLD_SALT_BYTES + BLOCK_BYTES);
  if (ciphertext.length === 0 || ciphertext.length % BLOCK_BYTES !== 0) throw damagedFile(APP);
  const derivation = {
    kdf: "pbkdf2",
    hash: "sha1",
    iterations: OLD_ITERATIONS,
    salt,
    keyBytes: KEY_BYTES,
  } as const;
  return openSealed(APP, [derivation], opening, (key) => {
    const decipher = createDecipheriv("aes-256-cbc", key, iv);
    try {
      const text = Buffer.concat([decipher.update(ciphertext), decipher.final()]);
      return isJsonText(text) ? text : null;
    } catch {
      // any error of node:crypto means that the padding is wrong
      return null;
    }
  });
}

/** One wrong key in 256 leaves a right padding, and none of them leaves JSON. */
function isJsonText(text: Buffer): boolean {
  return text[0] === "{".charCodeAt(0) && text.at(-1) === "}".charCodeAt(0);
}
