import { describe, expect, test } from "vitest";
import { judgePin, PASSPHRASE_POLICY, pinExpiry, USER_PIN_POLICY } from "#token/pin-policy.ts";

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
    ["19993112", "none"],
    ["1010", "repeat"],
    ["0101", "repeat"],
    ["111", "too-short"],
    ["ABCdef", "run"],
    ["fedcba", "run"],
    ["0987", "run"],
    ["0123", "run"],
    ["9876", "run"],
    ["1901", "date"],
    ["2099", "date"],
    ["3112", "date"],
    ["1231", "date"],
    ["2902", "date"],
    ["3004", "date"],
    ["311201", "date"],
    ["123101", "date"],
    ["993112", "none"],
    ["20000229", "date"],
    ["29022000", "date"],
    ["02292000", "date"],
    ["18991231", "none"],
    ["31121899", "none"],
    ["01199955", "none"],
    ["20003002", "none"],
    ["19990012", "none"],
    ["19991200", "none"],
    ["19991301", "none"],
    ["31131999", "none"],
    ["3002", "none"],
    ["3104", "none"],
    ["0012", "none"],
    ["1300", "none"],
    ["1841", "none"],
    ["2100", "none"],
    ["31129", "none"],
    ["3112999", "none"],
    ["199912311", "none"],
    ["1235", "none"],
    ["1357", "none"],
    ["1234x", "none"],
    ["90ab", "none"],
    ["12121", "none"],
    ["x09", "too-short"],
  ])("judges %s by the rule %s", (pin, expected) => expect(rule(pin) ?? "none").toBe(expected));

  test.each([
    "4711",
    "2580",
    "7391",
    "1233",
    "3113x",
    "993199",
    "47114712",
    "correct horse",
    "🔑🔒🔓🗝",
  ])("accepts %s", (pin) => expect(rule(pin)).toBeNull());

  test("takes the shortest and the longest that it allows", () => {
    expect(rule("4711")).toBeNull();
    expect(rule(`${"correct horse ".repeat(9)}x7`)).toBeNull();
  });

  test("calls one or two characters a run or a repetition only where they are", () => {
    const short = { ...USER_PIN_POLICY, minLength: 1 };
    expect(["7", "77", "78", "87", "09", "90", "79", "x"].map((pin) => rule(pin, short))).toEqual([
      null,
      "repeat",
      "run",
      "run",
      "run",
      "run",
      null,
      null,
    ]);
  });

  test("says when a PIN must be changed", () => {
    const setAt = new Date("2026-01-31T12:00:00Z");
    expect(pinExpiry(setAt, { ...USER_PIN_POLICY, expiryDays: 30 })).toEqual(
      new Date("2026-03-02T12:00:00Z"),
    );
    expect(pinExpiry(setAt, USER_PIN_POLICY)).toBeNull();
  });

  test("of users asks for four characters and ten attempts, and lets a finger stand for the PIN", () => {
    expect(USER_PIN_POLICY).toEqual({
      minLength: 4,
      maxLength: 128,
      alphabet: "any",
      refuseTrivial: true,
      attempts: 10,
      atLimit: "lock",
      history: 0,
      expiryDays: null,
      changeFirst: false,
      biometric: true,
      required: false,
    });
  });

  test("counts characters, not bytes", () => expect(rule("🔑🔒🔓")).toBe("too-short"));

  test("can ask for digits, or for letters and digits", () => {
    expect(rule("47a1", { ...USER_PIN_POLICY, alphabet: "numeric" })).toBe("alphabet");
    expect(rule("47-1", { ...USER_PIN_POLICY, alphabet: "alphanumeric" })).toBe("alphabet");
    expect(rule("47a1", { ...USER_PIN_POLICY, alphabet: "alphanumeric" })).toBeNull();
    expect(rule("47\n1")).toBe("alphabet");
    expect(rule("471\n")).toBe("alphabet");
    expect(rule("\u007f471")).toBe("alphabet");
    for (const pin of ["a471", "471a"])
      expect(rule(pin, { ...USER_PIN_POLICY, alphabet: "numeric" })).toBe("alphabet");
    for (const pin of ["-47a", "47a-", "47aä"]) {
      expect(rule(pin, { ...USER_PIN_POLICY, alphabet: "alphanumeric" })).toBe("alphabet");
    }
    expect(rule("4719", { ...USER_PIN_POLICY, alphabet: "numeric" })).toBeNull();
    expect(rule("aZz0", { ...USER_PIN_POLICY, alphabet: "alphanumeric" })).toBeNull();
  });

  test("can let trivial ones pass", () =>
    expect(rule("1234", { ...USER_PIN_POLICY, refuseTrivial: false })).toBeNull());

  test("wants a passphrase where no keychain stands behind it", () => {
    expect(rule("4711-4712", PASSPHRASE_POLICY)).toBe("too-short");
    expect(rule("correct horse", PASSPHRASE_POLICY)).toBeNull();
  });

  test("never shows the PIN", () => {
    for (const pin of ["1111", "1984", "4567"])
      expect(judgePin(pin, USER_PIN_POLICY)?.message).not.toContain(pin);
  });
});
