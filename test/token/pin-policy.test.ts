import { describe, expect, test } from "vitest";
import { judgePin, PASSPHRASE_POLICY, USER_PIN_POLICY } from "../../src/token/pin-policy.ts";

const rule = (pin: string, policy = USER_PIN_POLICY) => judgePin(pin, policy)?.rule ?? null;

describe("a PIN policy", () => {
  test.each([
    ["123", "too-short"],
    ["x".repeat(129), "too-long"],
    ["1111", "repeat"],
    ["1212", "repeat"],
    ["483483", "repeat"],
    ["ÄÄÄÄ", "repeat"],
    ["1234", "run"],
    ["8765", "run"],
    ["7890", "run"],
    ["2109", "run"],
    ["abcdef", "run"],
    ["1984", "date"],
    ["2026", "date"],
    ["2412", "date"],
    ["1224", "date"],
    ["311299", "date"],
    ["991231", "date"],
    ["19991231", "date"],
    ["31121999", "date"],
    ["12311999", "date"],
  ])("refuses %s by the rule %s", (pin, expected) => expect(rule(pin)).toBe(expected));

  test.each(["4711", "2580", "7391", "1233", "3113x", "993199", "47114712", "correct horse", "🔑🔒🔓🗝"])(
    "accepts %s",
    (pin) => expect(rule(pin)).toBeNull(),
  );

  test("counts characters, not bytes", () => expect(rule("🔑🔒🔓")).toBe("too-short"));

  test("can ask for digits, or for letters and digits", () => {
    expect(rule("47a1", { ...USER_PIN_POLICY, alphabet: "numeric" })).toBe("alphabet");
    expect(rule("47-1", { ...USER_PIN_POLICY, alphabet: "alphanumeric" })).toBe("alphabet");
    expect(rule("47a1", { ...USER_PIN_POLICY, alphabet: "alphanumeric" })).toBeNull();
    expect(rule("47\n1")).toBe("alphabet");
  });

  test("can let trivial ones pass", () =>
    expect(rule("1234", { ...USER_PIN_POLICY, refuseTrivial: false })).toBeNull());

  test("wants a passphrase where no keychain stands behind it", () => {
    expect(rule("4711-4712", PASSPHRASE_POLICY)).toBe("too-short");
    expect(rule("correct horse", PASSPHRASE_POLICY)).toBeNull();
  });

  test("never shows the PIN", () => {
    for (const pin of ["1111", "1984", "4567"]) expect(judgePin(pin, USER_PIN_POLICY)?.message).not.toContain(pin);
  });
});
