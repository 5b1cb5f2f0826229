import { createHash, pbkdf2 as nodePbkdf2, scrypt as nodeScrypt } from "node:crypto";
import type { AskSecret } from "#token/draft/parsed-token.ts";
import { forget, type Secret } from "#token/secret.ts";
import { aesKdf } from "./aes-kdf.ts";
import { type Argon2Kind, argon2 } from "./argon2.ts";
import { type Argon2Costs, type Effort, SCRYPT_MAX_MEMORY, type ScryptCosts } from "./effort.ts";

/** The hashes of PBKDF2 (RFC 8018), and the bytes that each puts out. */
const HASH_BYTES = { sha1: 20, sha224: 28, sha256: 32, sha384: 48, sha512: 64 } as const;

/** A hash of PBKDF2, as node:crypto calls it. */
export type Pbkdf2Hash = keyof typeof HASH_BYTES;

/** How a key is made of a passphrase; lengths in bytes. */
export type Derivation = {
  readonly salt: Uint8Array;
  readonly keyBytes: number;
  /**
   * The part of the passphrase that makes the key, where an app uses only a part; null where the
   * key does not exist for a passphrase.
   */
  readonly part?: (passphrase: Uint8Array) => Uint8Array | null;
} & (
  | { readonly kdf: "pbkdf2"; readonly hash: Pbkdf2Hash; readonly iterations: number }
  | { readonly kdf: "scrypt"; readonly costs: ScryptCosts }
  | {
      readonly kdf: Argon2Kind;
      readonly costs: Argon2Costs;
      /** Whether its app chose the costs by the time that they take on the machine it ran on. */
      readonly isTimed?: true;
    }
  /** KeePass's own, of AES: the passphrase has 32 bytes, as the salt has. */
  | { readonly kdf: "aes"; readonly rounds: bigint }
  /** The passphrase's SHA-256, without salt. */
  | { readonly kdf: "sha256" }
);

/** What a foreign file is opened with. */
export interface Opening {
  readonly askSecret: AskSecret;
  readonly effort: Effort;
}

/**
 * Asks for a passphrase once and tries its keys in this order. Returns the first result of `open`,
 * or null when no key opens anything. The cost of all derivations is charged to `effort` before
 * anything is asked; FobError `invalid` for too much. `of` names in messages what is opened, in
 * place of the file. Each key is forgotten after `open` has returned, and the passphrase in the
 * end.
 */
export async function openWithPassphrase<D extends Derivation, T>(
  derivations: readonly D[],
  of: string | null,
  { askSecret, effort }: Opening,
  open: (key: Secret, derivation: D) => T | null | Promise<T | null>,
): Promise<T | null> {
  // a wrong passphrase costs every derivation
  for (const derivation of derivations) spend(derivation, effort);
  const passphrase = await askSecret("passphrase", of);
  // a part may lie in the same memory as the passphrase, so that all are forgotten at the end
  const parts: Uint8Array[] = [];
  try {
    for (const derivation of derivations) {
      const part = derivation.part ? derivation.part(passphrase) : passphrase;
      if (part === null) continue;
      parts.push(part);
      const key = await deriveKey(part, derivation);
      try {
        const opened = await open(key, derivation);
        if (opened !== null) return opened;
      } finally {
        forget(key);
      }
    }
    return null;
  } finally {
    forget(passphrase, ...parts);
  }
}

function spend(derivation: Derivation, effort: Effort): void {
  if (derivation.kdf === "scrypt") effort.spendScrypt(derivation.costs);
  else if (derivation.kdf === "aes") effort.spendAes(derivation.rounds);
  else if (derivation.kdf === "argon2d" || derivation.kdf === "argon2id") {
    if (derivation.isTimed) effort.spendTimedArgon2(derivation.costs);
    else effort.spendArgon2(derivation.costs);
  } else if (derivation.kdf === "pbkdf2") {
    const { hash, iterations, keyBytes } = derivation;
    effort.spendPbkdf2(iterations, Math.ceil(keyBytes / HASH_BYTES[hash]));
  }
}

/**
 * The key of a passphrase, at the cost that a file demands, which is charged to `effort` first.
 * FobError `invalid` for too much.
 */
export function deriveWithin(
  effort: Effort,
  passphrase: Uint8Array,
  derivation: Derivation,
): Promise<Secret> {
  spend(derivation, effort);
  return deriveKey(passphrase, derivation);
}

/**
 * The key of a passphrase in UTF-8, at a cost that fob has chosen: costs in files are bounded by
 * {@link openWithPassphrase} and {@link deriveWithin}.
 */
export function deriveKey(passphrase: Uint8Array, derivation: Derivation): Promise<Secret> {
  const { salt, keyBytes } = derivation;
  if (derivation.kdf === "argon2d" || derivation.kdf === "argon2id")
    return argon2(passphrase, derivation);
  if (derivation.kdf === "aes") return Promise.resolve(aesKdf(passphrase, salt, derivation.rounds));
  if (derivation.kdf === "sha256")
    return Promise.resolve(createHash("sha256").update(passphrase).digest());
  return new Promise((resolve, reject) => {
    const settle = (error: Error | null, key: Buffer) => (error ? reject(error) : resolve(key));
    if (derivation.kdf === "pbkdf2") {
      nodePbkdf2(passphrase, salt, derivation.iterations, keyBytes, derivation.hash, settle);
    } else if (derivation.kdf === "scrypt") {
      const { n: N, r, p } = derivation.costs;
      nodeScrypt(passphrase, salt, keyBytes, { N, r, p, maxmem: SCRYPT_MAX_MEMORY }, settle);
    }
  });
}
