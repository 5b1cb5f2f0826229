import { describe, expect, test } from "vitest";
import {
  type AccessDomain,
  isStricter,
  parseAccessDomain,
  refuseByDomain,
} from "#token/access-domain.ts";

describe("an access domain", () => {
  test.each([
    ["00", "00"],
    ["02", "02"],
    ["ff", "FF"],
    ["FF", "FF"],
    ["full", "00"],
    ["Pin", "02"],
    ["NONE", "FF"],
    ["01", null],
    ["", null],
    ["constructor", null],
    ["__proto__", null],
  ])("is meant by %j: %s", (text, domain) => expect(parseAccessDomain(text)).toBe(domain));

  test("allows less the higher its class", () => {
    const order: readonly AccessDomain[] = ["00", "02", "FF"];
    for (const [i, one] of order.entries()) {
      for (const [j, other] of order.entries()) expect(isStricter(one, other)).toBe(i > j);
    }
  });

  test.each([
    ["00", false, null],
    ["00", true, null],
    ["02", true, null],
    ["02", false, "locked"],
    ["FF", false, "denied"],
    ["FF", true, "denied"],
  ] as const)("%s, with a PIN given: %s, refuses with %s", (accessDomain, pinGiven, code) => {
    const use = () => refuseByDomain({ name: "vpn", accessDomain }, pinGiven);
    if (code === null) expect(use).not.toThrow();
    else
      expect(use).toThrow(
        expect.objectContaining({ code, message: expect.stringContaining("vpn") }),
      );
  });
});
