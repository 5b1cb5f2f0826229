import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import {
  formatRecoveryCode,
  isLikeRecoveryCode,
  newRecoveryCode,
  parseRecoveryCode,
} from "#vault/keys/recovery-code.ts";

test("a recovery code is read back, whatever its case and separators", () => {
  const code = newRecoveryCode();
  const text = formatRecoveryCode(code);
  expect(text).toMatch(/^(?:[0-9a-f]{4}-){8}[0-9a-f]{4}$/);
  for (const written of [
    text,
    text.toUpperCase(),
    text.replaceAll("-", ""),
    text.replaceAll("-", " "),
  ]) {
    expect(parseRecoveryCode(written)).toEqual(code);
  }
});

test("a mistyped recovery code is none, and neither is a PIN", () => {
  const text = formatRecoveryCode(Buffer.alloc(16, 7));
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "-") continue;
    const mistyped = text.slice(0, at) + (text[at] === "0" ? "1" : "0") + text.slice(at + 1);
    if (mistyped !== text) expect(parseRecoveryCode(mistyped)).toBeNull();
  }
  for (const pin of ["", "4711", "correct horse battery staple"])
    expect(parseRecoveryCode(pin)).toBeNull();
});

test("a recovery code is 128 bits, another one each time, with two bytes of SHA-256 behind it", () => {
  const codes = Array.from({ length: 20 }, newRecoveryCode);
  expect(new Set(codes.map((code) => code.toString("hex"))).size).toBe(20);
  for (const code of codes) {
    expect(code).toHaveLength(16);
    const check = createHash("sha256")
      .update("fob recovery code")
      .update(code)
      .digest("hex")
      .slice(0, 4);
    expect(formatRecoveryCode(code).replaceAll("-", "")).toBe(code.toString("hex") + check);
  }
});

test("a text is like a recovery code, right or wrong, when it has 36 hexadecimal digits", () => {
  const digits = "0123456789abcdefABCDEF0123456789abcd";
  for (const text of [digits, digits.replace("5", " - 5\n"), `-${digits}\t`])
    expect(isLikeRecoveryCode(text)).toBe(true);
  for (const text of [
    digits.slice(1),
    `${digits}0`,
    `${digits.slice(1)}g`,
    `g${digits.slice(1)}`,
    `x${digits}`,
  ]) {
    expect(isLikeRecoveryCode(text)).toBe(false);
    expect(parseRecoveryCode(text)).toBeNull();
  }
});
