import { createHash } from "node:crypto";
import { chacha20 } from "@noble/ciphers/chacha.js";
import { salsa20 } from "@noble/ciphers/salsa.js";
import { t } from "#base/language.ts";
import { unknownMethod } from "#enrollment/files/sealed-file.ts";
import { KEEPASS } from "./keepass-name.ts";

/** The ids of what encrypts single values in a database. */
const STREAM = { none: 0, salsa20: 2, chaCha20: 3 } as const;

/** KeePass's fixed nonce of Salsa20: each database has another key. */
const SALSA_NONCE = Buffer.from("e830094b97205d2a", "hex");

/** What is made of the stream at once, in blocks. */
const BLOCKS = 1_024;
const BLOCK_BYTES = 64;

/** Opens the encrypted values of a database, which must be given in the order of the document. */
export type OpenValue = (ciphertext: Buffer) => Buffer;

/** The stream of a database. Throws FobError `invalid` for one that fob does not have. */
export function valueStream(id: number, key: Buffer): OpenValue {
  if (id === STREAM.none) return (value) => value;
  if (id === STREAM.salsa20) {
    const streamKey = createHash("sha256").update(key).digest();
    return xorWith((zeros, counter) => salsa20(streamKey, SALSA_NONCE, zeros, undefined, counter));
  }
  if (id !== STREAM.chaCha20) throw unknownMethod(KEEPASS, t`stream ${id}`);
  const hash = createHash("sha512").update(key).digest();
  const [streamKey, nonce] = [hash.subarray(0, 32), hash.subarray(32, 44)];
  return xorWith((zeros, counter) => chacha20(streamKey, nonce, zeros, undefined, counter));
}

/** `make` gives the stream from a block on. */
function xorWith(make: (zeros: Uint8Array, counter: number) => Uint8Array): OpenValue {
  let stream: Uint8Array = new Uint8Array();
  let at = 0;
  let counter = 0;
  return (ciphertext) => {
    const plaintext = Buffer.alloc(ciphertext.length);
    for (let i = 0; i < ciphertext.length; i++) {
      if (at === stream.length) {
        stream = make(new Uint8Array(BLOCKS * BLOCK_BYTES), counter);
        counter += BLOCKS;
        at = 0;
      }
      plaintext[i] = (ciphertext[i] ?? 0) ^ (stream[at++] ?? 0);
    }
    return plaintext;
  };
}
