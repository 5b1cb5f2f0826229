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
});
