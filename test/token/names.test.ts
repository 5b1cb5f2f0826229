import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FreeNames, matchName, type Named } from "#token/names.ts";
import { printable, stripControls } from "#token/printable.ts";

const token = (
  id: string,
  name: string,
  issuer: string | null = null,
  account: string | null = null,
): Named => ({
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

  test("is matched by nothing where nothing was typed, and needs no issuer and account", () => {
    expect(matchName("", [token("0", "vpn")])).toEqual({ kind: "none", nearest: [] });
    expect(matchName("null", [token("0", "vpn")])).toMatchObject({ kind: "none" });
    expect(matchName("ann", [token("0", "vpn", null, "ann")])).toMatchObject({ kind: "one" });
    expect(matchName("acme:", [token("0", "vpn", "ACME")])).toMatchObject({ kind: "one" });
  });

  test("is the same in every composition of its letters", () => {
    expect(matchName("pa\u0308ss", [token("0", "P\u00e4ss"), token("1", "other")])).toMatchObject({
      kind: "one",
    });
  });

  test("is suggested up to three edits away, nearer ones first, three at the most", () => {
    const nearest = (query: string, ...names: string[]) => {
      const match = matchName(
        query,
        names.map((name, i) => token(String(i), name)),
      );
      return match.kind === "none" ? match.nearest : null;
    };
    expect(nearest("workplace", "xxxkplace", "xxrkplace", "xorkplace", "xxxxplace")).toEqual([
      "xorkplace",
      "xxrkplace",
      "xxxkplace",
    ]);
    expect(nearest("workplace", "workplac", "workplce", "wrkplace", "orkplace")).toHaveLength(3);
    // of a short name at least one character has to be right
    expect(nearest("ab", "ax", "xy")).toEqual(["ax"]);
    expect(nearest("a", "b", "xyz")).toEqual(["b"]);
    // insertions, deletions and replacements are one edit each
    expect(nearest("vpnhome", "vpn-home", "vpnome", "vpnhame", "homevpn")).toEqual([
      "vpn-home",
      "vpnome",
      "vpnhame",
    ]);
    expect(nearest("x".repeat(64), `${"x".repeat(64)}${"y".repeat(64)}`)).toEqual(null);
    expect(nearest(`${"x".repeat(64)}z`, `${"x".repeat(64)}${"y".repeat(64)}`)).toHaveLength(1);
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

  test("is given out once, whatever its case, and is taken from then on", () => {
    const names = new FreeNames(["mail 3"]);
    expect(["mail", "Mail", "MAIL", "mail 2", "mail"].map((name) => names.next(name))).toEqual([
      "mail",
      "Mail 2",
      "MAIL 4",
      "mail 2 2",
      "mail 5",
    ]);
    expect([names.has("MAIL 2"), names.has("mail 4"), names.has("mail 6")]).toEqual([
      true,
      true,
      false,
    ]);
  });
});

describe("a text from elsewhere", () => {
  test("is shown with its control characters as escapes", () => {
    expect(printable("a\u001b[31m\u0007\u009b\u202e\n\ud800é漢")).toBe(
      "a\\x1b[31m\\x07\\x9b\\u202e\\x0a\\ud800é漢",
    );
    expect(stripControls("a\u001b[31m\u0007\u009b\u202e\n\ud800é漢")).toBe("a[31mé漢");
  });

  test.each([
    ["\u0000", "\\x00"],
    ["\u001f", "\\x1f"],
    ["\u007f", "\\x7f"],
    ["\u00ad", "\\xad"],
    ["\u034f", "\\u034f"],
    ["\u2028", "\\u2028"],
    ["\u2029", "\\u2029"],
    ["\u2800", "\\u2800"],
    ["\ufffe", "\\ufffe"],
    ["\u{e0041}", "\\u{e0041}"],
    ["a\u200db", "a\\u200db"],
    ["👩\u200db", "👩\\u200db"],
    ["a\u200d👩", "a\\u200d👩"],
    ["\ufe0f", "\\ufe0f"],
    ["a\ufe0e", "a\\ufe0e"],
    ["1\ufe0f", "1\\ufe0f"],
    ["a\ufe0f\u20e3", "a\\ufe0f\u20e3"],
  ])("%j is shown as %s", (text, shown) => {
    expect(printable(text)).toBe(shown);
    expect(stripControls(text)).toBe(shown.replace(/\\(?:x..|u\{.*\}|u....)/, ""));
  });

  test.each([
    "~",
    " ",
    "\u00a0",
    "\u00ac",
    "\u00ae",
    "\u02ff",
    "1\ufe0f\u20e3",
    "#\ufe0e\u20e3",
    "*\ufe0f\u20e3",
    "❤\ufe0f",
    "👩\u200d👩",
    "❤\ufe0f\u200d🔥",
    "👍🏽\u200d👩",
  ])("%j is shown as it is", (text) => {
    expect([printable(text), stripControls(text)]).toEqual([text, text]);
    // beside something that is not
    expect(printable(`${text}\u0007`)).toBe(`${text}\\x07`);
  });

  test("loses nothing else", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme" }),
        (text) => stripControls(stripControls(text)) === stripControls(text),
      ),
    );
    fc.assert(
      fc.property(fc.string({ unit: "grapheme-ascii" }), (text) => printable(text) === text),
    );
  });
});
