import { describe, expect, test } from "vitest";
import { hasExpired, isRight } from "#token/grant.ts";

describe("a grant", () => {
  test("has ended in the very millisecond that it names, and never without one", () => {
    const expiresAt = new Date("2026-01-31T12:00:00.000Z");
    expect(hasExpired({ expiresAt }, new Date(expiresAt.getTime() - 1))).toBe(false);
    expect(hasExpired({ expiresAt }, expiresAt)).toBe(true);
    expect(hasExpired({ expiresAt }, new Date(expiresAt.getTime() + 1))).toBe(true);
    expect(hasExpired({ expiresAt: null }, new Date(8.64e15))).toBe(false);
  });

  test.each([
    ["code", true],
    ["challenge", true],
    ["push", true],
    ["Code", false],
    ["", false],
    ["constructor", false],
  ])("%j is one of its rights: %s", (text, expected) => expect(isRight(text)).toBe(expected));
});
