import { describe, expect, test } from "vitest";
import { argon2 } from "#enrollment/argon2.ts";

describe("Argon2id", () => {
  test.each([
    // the test program of the reference implementation
    [
      "password",
      "somesalt",
      65_536,
      2,
      1,
      "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7",
    ],
    [
      "password",
      "somesalt",
      256,
      2,
      1,
      "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe",
    ],
    [
      "password",
      "somesalt",
      256,
      2,
      2,
      "6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037",
    ],
    // the test of cotp
    [
      "pa$$w0rd",
      "0123456789abcdef",
      32_768,
      4,
      4,
      "1bae31857cc03a6fbb54f463a991e09e3294bdf3b8c44e4ddcec4ec1d7d6a4a7",
    ],
  ])(
    "of %s and %s, with %i KiB, %i passes and %i lanes",
    async (passphrase, salt, memory, passes, lanes, key) => {
      const made = await argon2(Buffer.from(passphrase), {
        kdf: "argon2id",
        salt: Buffer.from(salt),
        keyBytes: 32,
        costs: { memory, passes, lanes },
      });
      expect(made.toString("hex")).toBe(key);
    },
  );
});
