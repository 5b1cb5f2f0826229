import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";

/** Limit on HMAC blocks of all derivations: a slow machine needs three seconds. */
const MAX_HMAC_BLOCKS = 2_000_000;

/**
 * Limit on the cost of scrypt, N * r * p: 128 bytes of memory per unit, each passed twice. A slow
 * machine needs three seconds.
 */
const MAX_SCRYPT_BLOCKS = 2 ** 22;

/** Memory of one derivation, in pieces of 128 bytes: 128 MiB. */
const MAX_SCRYPT_MEMORY = 2 ** 20;

/**
 * Limit on what all Argon2 derivations write, in KiB: a slow machine fills 1 GiB in five seconds.
 */
const MAX_ARGON2_KIB = 2 ** 20;

/** Memory of one Argon2 derivation, in KiB: 256 MiB. */
const MAX_ARGON2_MEMORY = 2 ** 18;

/**
 * The cost of every key of Ente Auth, in KiB: 4 GiB written in total (libsodium's SENSITIVE), in a
 * memory of one of these sizes. A smaller limit would refuse its exports. A file may cost this
 * once, and nothing else.
 */
const SENSITIVE = { writtenKib: 2 ** 22, memories: [2 ** 18, 2 ** 19, 2 ** 20] } as const;

/**
 * What one key may write whose costs an app chose by the time that they take, in KiB. KeePassXC
 * takes a second of its machine: 1 to 4 GiB in a memory of 64 MiB.
 */
const MAX_TIMED_KIB = 2 ** 22;

/** Rounds of KeePass's AES, of two blocks each: what a slow machine does in five seconds. */
const MAX_AES_ROUNDS = 60_000_000;

/** The costs of Argon2 (RFC 9106), with its memory in KiB. */
export interface Argon2Costs {
  readonly memory: number;
  readonly passes: number;
  readonly lanes: number;
}

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

  /** Also throws FobError `invalid` for costs that scrypt does not allow. */
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

  /** Also throws FobError `invalid` for costs that Argon2 does not allow. */
  spendArgon2({ memory, passes, lanes }: Argon2Costs): void {
    refuseImpossible({ memory, passes, lanes });
    const writtenKib = memory * passes;
    const isSensitive =
      lanes === 1 &&
      writtenKib === SENSITIVE.writtenKib &&
      SENSITIVE.memories.some((size) => size === memory);
    if (isSensitive) {
      this.#spend(1);
      return;
    }
    refuseMuchMemory(memory);
    this.#spend(writtenKib / MAX_ARGON2_KIB);
  }

  /**
   * {@link spendArgon2} for costs that an app chose by their time. A file may have two such keys: a
   * database with a key file is tried without a password first.
   */
  spendTimedArgon2(costs: Argon2Costs): void {
    refuseImpossible(costs);
    refuseMuchMemory(costs.memory);
    this.#spendTimed((costs.memory * costs.passes) / MAX_TIMED_KIB);
  }

  /** KeePass's derivation with AES, whose costs are chosen by their time as well. */
  spendAes(rounds: bigint): void {
    this.#spendTimed(Number(rounds) / MAX_AES_ROUNDS);
  }

  /** Takes half of one key's price, because the other half is for a second key. */
  #spendTimed(part: number): void {
    this.#spend(part > 1 ? Number.POSITIVE_INFINITY : part / 2);
  }

  #spend(part: number): void {
    this.#left -= part;
    if (this.#left < 0) throw new FobError("invalid", t("its keys would take too long to derive"));
  }
}

function refuseImpossible({ memory, passes, lanes }: Argon2Costs): void {
  if (![memory, passes, lanes].every((cost) => Number.isSafeInteger(cost) && cost > 0)) {
    throw new FobError("invalid", t("a key of Argon2 has whole numbers for its costs"));
  }
  if (memory < 8 * lanes) {
    throw new FobError(
      "invalid",
      t`a key of Argon2 cannot be derived with ${lanes} lanes in ${memory} KiB of memory`,
    );
  }
}

function refuseMuchMemory(memory: number): void {
  if (memory > MAX_ARGON2_MEMORY) {
    throw new FobError(
      "invalid",
      t`a key of Argon2 with ${memory} KiB takes more than ${MAX_ARGON2_MEMORY / 2 ** 10} MiB of memory`,
    );
  }
}

/**
 * The memory that node:crypto must be allowed for what {@link Effort.spendScrypt} lets through, in
 * bytes.
 */
export const SCRYPT_MAX_MEMORY = 2 ** 28;
