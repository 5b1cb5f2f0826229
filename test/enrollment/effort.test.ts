import { describe, expect, test } from "vitest";
import { Effort } from "#enrollment/effort.ts";

const spend = (...parts: ((effort: Effort) => void)[]) => {
  const effort = new Effort();
  return () => {
    for (const part of parts) part(effort);
  };
};
const pbkdf2 = (iterations: number, blocks: number) => (effort: Effort) =>
  effort.spendPbkdf2(iterations, blocks);
const scrypt = (n: number, r: number, p: number) => (effort: Effort) =>
  effort.spendScrypt({ n, r, p });
const argon2 =
  (memory: number, passes: number, lanes = 1) =>
  (effort: Effort) =>
    effort.spendArgon2({ memory, passes, lanes });

describe("the effort for one foreign file", () => {
  test("is two million blocks of HMAC, in all derivations together", () => {
    expect(spend(pbkdf2(2_000_000, 1))).not.toThrow();
    expect(spend(pbkdf2(2_000_001, 1))).toThrow("its keys would take too long to derive");
    expect(spend(pbkdf2(1_000_001, 2))).toThrow("its keys would take too long to derive");
    expect(spend(pbkdf2(1_000_000, 1), pbkdf2(1_000_000, 1))).not.toThrow();
    expect(spend(pbkdf2(1_000_000, 1), pbkdf2(1_000_000, 1), pbkdf2(1, 1))).toThrow(
      "would take too long",
    );
  });

  test("is N * r * p of scrypt up to 2^22, together with the rest", () => {
    expect(spend(scrypt(2 ** 17, 8, 4))).not.toThrow();
    expect(spend(scrypt(2 ** 17, 8, 5))).toThrow("would take too long");
    expect(spend(scrypt(2 ** 17, 8, 2), scrypt(2 ** 17, 8, 2))).not.toThrow();
    expect(spend(scrypt(2 ** 17, 8, 4), pbkdf2(1, 1))).toThrow("would take too long");
  });

  test("lets the two keys of one database through, with and without a password", () => {
    const aes = (rounds: bigint) => (effort: Effort) => effort.spendAes(rounds);
    expect(spend(aes(60_000_000n), aes(60_000_000n))).not.toThrow();
    expect(spend(aes(60_000_001n))).toThrow("would take too long");
    expect(spend(aes(60_000_000n), aes(60_000_000n), aes(1n))).toThrow("would take too long");
  });

  test("has no room for more than 128 MiB at once", () => {
    expect(spend(scrypt(2 ** 17, 8, 1))).not.toThrow();
    expect(spend(scrypt(2 ** 18, 8, 1))).toThrow(
      "a key of N=262144, r=8, p=1 takes more than 128 MiB of memory",
    );
    expect(spend(scrypt(2, 8, 2 ** 14))).not.toThrow();
    expect(spend(scrypt(2, 8, 2 ** 14 + 1))).toThrow("128 MiB");
  });

  test.each([
    [0, 8],
    [1, 8],
    [3, 8],
    [2 ** 16, 1],
    [Number.NaN, 8],
  ])("is nothing for an N of %d with r=%d, which scrypt does not have", (n, r) => {
    expect(spend(scrypt(n, r, 1))).toThrow(
      `a key cannot be derived with N=${n}, r=${r}: N is a power of 2`,
    );
  });

  test("takes the smallest and the largest N that scrypt has with an r", () => {
    expect(spend(scrypt(2, 8, 1))).not.toThrow();
    expect(spend(scrypt(2 ** 15, 1, 1))).not.toThrow();
  });

  test("is 1 GiB that Argon2 writes, together with the rest", () => {
    expect(spend(argon2(2 ** 17, 8))).not.toThrow();
    expect(spend(argon2(2 ** 17, 4), argon2(2 ** 17, 4))).not.toThrow();
    expect(spend(argon2(2 ** 17, 9))).toThrow("would take too long");
    expect(spend(argon2(2 ** 17, 8), pbkdf2(1, 1))).toThrow("would take too long");
  });

  test("has no room for more than 256 MiB of Argon2 at once", () => {
    expect(spend(argon2(2 ** 18, 4))).not.toThrow();
    expect(spend(argon2(2 ** 18 + 1, 1))).toThrow("more than 256 MiB of memory");
  });

  test("is enough for libsodium's SENSITIVE, whatever its memory, and for nothing beside it", () => {
    for (const memory of [2 ** 18, 2 ** 19, 2 ** 20]) {
      const sensitive = argon2(memory, 2 ** 22 / memory);
      expect(spend(sensitive)).not.toThrow();
      expect(spend(sensitive, pbkdf2(1, 1))).toThrow("would take too long");
      expect(spend(pbkdf2(1, 1), sensitive)).toThrow("would take too long");
    }
    expect(spend(argon2(2 ** 20, 4, 2))).toThrow("more than 256 MiB");
    expect(spend(argon2(2 ** 20, 3))).toThrow("more than 256 MiB");
    expect(spend(argon2(2 ** 18, 17))).toThrow("would take too long");
    expect(spend(argon2(2 ** 17, 32))).toThrow("would take too long");
  });

  test.each([
    [0, 1, 1],
    [64, 0, 1],
    [64, 1, 0],
    [64, 1.5, 1],
    [-64, 1, 1],
    [Number.NaN, 1, 1],
    [Number.POSITIVE_INFINITY, 1, 1],
  ])("is nothing for %d KiB, %d passes and %d lanes, which Argon2 does not have", (...costs) => {
    expect(spend(argon2(...costs))).toThrow("whole numbers");
  });

  test("takes the smallest memory that Argon2 has with its lanes", () => {
    expect(spend(argon2(32, 1, 4))).not.toThrow();
    expect(spend(argon2(31, 1, 4))).toThrow("with 4 lanes in 31 KiB");
  });
});
