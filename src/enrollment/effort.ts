import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";

/** Blocks of HMAC that derivations may take together: what a slow machine does in three seconds. */
const MAX_HMAC_BLOCKS = 2_000_000;

/**
 * 128 bytes of memory, each of them passed twice: what scrypt costs, as N * r * p. A slow machine
 * does so many in three seconds.
 */
const MAX_SCRYPT_BLOCKS = 2 ** 22;

/** Of one derivation, in pieces of 128 bytes that it needs at once: 128 MiB. */
const MAX_SCRYPT_MEMORY = 2 ** 20;

/** The costs of scrypt (RFC 7914). */
export interface ScryptCosts {
  readonly n: number;
  readonly r: number;
  readonly p: number;
}

/**
 * The limit on what is computed for one foreign file or one command line. A caller spends the cost
 * of a key before deriving it; FobError `invalid` when all derivations together would take too
 * long.
 */
export class Effort {
  /** What is left of the whole, which is 1. */
  #left = 1;

  /** PBKDF2 (RFC 8018): `blocks` is how many outputs of the hash the key has. */
  spendPbkdf2(iterations: number, blocks: number): void {
    this.#spend((iterations * blocks) / MAX_HMAC_BLOCKS);
  }

  /** Throws FobError `invalid` for costs that are none of scrypt's, too. */
  spendScrypt({ n, r, p }: ScryptCosts): void {
    if (n < 2 || !Number.isInteger(Math.log2(n)) || n >= 2 ** (16 * r)) {
      throw new FobError(
        "invalid",
        t`a key cannot be derived with N=${n}, r=${r}: N is a power of 2`,
      );
    }
    if (n * r > MAX_SCRYPT_MEMORY || p * r > MAX_SCRYPT_MEMORY / 8) {
      throw new FobError(
        "invalid",
        t`a key of N=${n}, r=${r}, p=${p} takes more than ${MAX_SCRYPT_MEMORY / 2 ** 13} MiB of memory`,
      );
    }
    this.#spend((n * r * p) / MAX_SCRYPT_BLOCKS);
  }

  #spend(part: number): void {
    this.#left -= part;
    if (this.#left < 0) throw new FobError("invalid", t("its keys would take too long to derive"));
  }
}

/**
 * The memory that node:crypto must be allowed for what {@link Effort.spendScrypt} lets through, in
 * bytes.
 */
export const SCRYPT_MAX_MEMORY = 2 ** 28;
