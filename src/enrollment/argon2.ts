import * as nodeCrypto from "node:crypto";
import type { Secret } from "#token/secret.ts";
import type { Argon2Costs } from "./effort.ts";

/** The kinds of Argon2 that files of other apps take. */
export type Argon2Kind = "argon2d" | "argon2id";

/** A key to be made by Argon2, with its length in bytes. */
export interface Argon2Derivation {
  readonly kdf: Argon2Kind;
  readonly salt: Uint8Array;
  readonly keyBytes: number;
  readonly costs: Argon2Costs;
}

/** What node:crypto has from Node 24.7 on: OpenSSL's Argon2, five times as fast. */
interface NodeArgon2 {
  argon2?(
    algorithm: Argon2Kind,
    parameters: {
      readonly message: Uint8Array;
      readonly nonce: Uint8Array;
      readonly tagLength: number;
      readonly memory: number;
      readonly passes: number;
      readonly parallelism: number;
    },
    done: (error: Error | null, key: Buffer) => void,
  ): void;
}

/**
 * The key that Argon2 (RFC 9106, version 0x13) makes of a passphrase and a salt of at least 8
 * bytes. The caller has bounded the costs.
 */
export async function argon2(
  passphrase: Uint8Array,
  { kdf, salt, keyBytes, costs: { memory, passes, lanes } }: Argon2Derivation,
): Promise<Secret> {
  const { argon2: native } = nodeCrypto as NodeArgon2;
  if (native) {
    return new Promise((resolve, reject) => {
      const parameters = { message: passphrase, nonce: salt, tagLength: keyBytes, memory, passes };
      native(kdf, { ...parameters, parallelism: lanes }, (error, key) =>
        error ? reject(error) : resolve(key),
      );
    });
  }
  const noble = await import("@noble/hashes/argon2.js");
  return Buffer.from(
    noble[kdf](passphrase, salt, { t: passes, m: memory, p: lanes, dkLen: keyBytes }),
  );
}
