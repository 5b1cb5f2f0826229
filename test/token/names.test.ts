import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FreeNames, matchName, type Named } from "../../src/token/names.ts";
import { printable, stripControls } from "../../src/token/printable.ts";

const token = (id: string, name: string, issuer: string | null = null, account: string | null = null): Named => ({
  id,
  name,
  issuer,
  account,
});

const TOKENS = [
  token("0123456789abcdef", "vpn"),
  token("1123456789abcdef", "VPN"),
  token("2123456789abcdef", "GitHub", "GitHub", "ann"),
  token("3123456789abcdef", "GitLab", "GitLab", "ann@acme.test"),
  token("4123456789abcdef", "mail", "ACME", "bob"),
];

const found = (query: string) => {
  const match = matchName(query, TOKENS);
  if (match.kind === "one") return match.token.id[0];
  return match.kind === "several" ? match.tokens.map(({ id }) => id[0]).join("") : match.nearest;
};

describe("a name", () => {
  test.each([
    ["an id", "2123456789abcdef", "2"],
    ["an exact name before one in another case", "vpn", "0"],
    ["an exact name in capitals", "VPN", "1"],
    ["a name in another case", "github", "2"],
    ["the beginning of a name", "gitl", "3"],
    ["part of issuer and account", "acme:b", "4"],
    ["part of an account", "acme.test", "3"],
  ])("is matched by %s", (_, query, expected) => expect(found(query)).toBe(expected));

  test("is ambiguous when the first rule that fits, fits several", () => {
    expect(found("Vpn")).toBe("01");
    expect(found("git")).toBe("23");
    expect(found("ann")).toBe("23");
  });

  test("that nobody has suggests the nearest", () => {
    expect(found("gihtub")).toEqual(["GitHub", "GitLab"]);
    expect(found("maul")).toEqual(["mail"]);
    expect(found("something else")).toEqual([]);
    expect(found("")).toEqual([]);
  });

  test("is given a number when it is taken, in any case", () => {
    expect(new FreeNames([]).next("vpn")).toBe("vpn");
    expect(new FreeNames(["vpn", "vpn 2"]).next("VPN")).toBe("VPN 3");
  });
});

describe("a text from elsewhere", () => {
  test("is shown with its control characters as escapes", () => {
    expect(printable("a\u001b[31m\u0007\u009b\u202e\n\ud800é漢")).toBe("a\\x1b[31m\\x07\\x9b\\u202e\\x0a\\ud800é漢");
    expect(stripControls("a\u001b[31m\u0007\u009b\u202e\n\ud800é漢")).toBe("a[31mé漢");
  });

  test("loses nothing else", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme" }),
        (text) => stripControls(stripControls(text)) === stripControls(text),
      ),
    );
    fc.assert(fc.property(fc.string({ unit: "grapheme-ascii" }), (text) => printable(text) === text));
  });
});
