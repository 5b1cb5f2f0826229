import { expect, test } from "vitest";
import { formatRecoveryCode, newRecoveryCode, parseRecoveryCode } from "../../src/vault/recovery-code.ts";

test("a recovery code is read back, whatever its case and separators", () => {
  const code = newRecoveryCode();
  const text = formatRecoveryCode(code);
  expect(text).toMatch(/^(?:[0-9a-f]{4}-){8}[0-9a-f]{4}$/);
  for (const written of [text, text.toUpperCase(), text.replaceAll("-", ""), text.replaceAll("-", " ")]) {
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
  for (const pin of ["", "4711", "correct horse battery staple"]) expect(parseRecoveryCode(pin)).toBeNull();
});
