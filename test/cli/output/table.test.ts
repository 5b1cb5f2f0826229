import { describe, expect, test } from "vitest";
import { type Style, type StyleSettings, styleFor, UNCOLORED } from "#cli/output/style.ts";
import { type Column, formatFields, formatTable } from "#cli/output/table.ts";

const plain = (columns: number): Style => ({ ...UNCOLORED, columns });

describe("a table", () => {
  const columns: readonly Column<readonly string[]>[] = [
    ["NAME", ([name = ""]) => name],
    ["ISSUER", ([, issuer = ""]) => issuer],
  ];

  test("without rows is empty, and has no heading either", () => {
    expect([plain(80), UNCOLORED].map((style) => formatTable(columns, [], style))).toEqual([
      "",
      "",
    ]);
  });

  test("is aligned under its heading on a terminal", () => {
    expect(
      formatTable(
        columns,
        [
          ["vpn", "ACME"],
          ["日本", "x"],
        ],
        plain(80),
      ),
    ).toBe("NAME  ISSUER\nvpn   ACME\n日本  x");
  });

  test("is tab-separated for scripts", () => {
    expect(formatTable(columns, [["vpn", "ACME"]], UNCOLORED)).toBe("vpn\tACME");
  });

  test("is cut to the terminal's width, widest column first", () => {
    const text = formatTable(columns, [["a rather long name of a token", "ACME"]], plain(20));
    expect(text).toBe("NAME          ISSUER\na rather lo…  ACME");
    for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(20);
  });

  test("leaves out columns that it may leave out before it cuts others too short to read", () => {
    const cells = ["a name of twenty-two c", "issuer of 20 letters", "time-based", "3 minutes ago"];
    const ranked: readonly Column<readonly string[]>[] = cells.map((_, i) => {
      const rank = [undefined, undefined, 1, 2][i];
      const cell = (row: readonly string[]) => row[i] ?? "";
      return rank === undefined ? [`C${i}`, cell] : [`C${i}`, cell, rank];
    });
    const headings = (columns: number) =>
      formatTable(ranked, [cells], plain(columns)).split("\n")[0]?.split(/ +/);
    expect(headings(80)).toEqual(["C0", "C1", "C2", "C3"]);
    expect(headings(52)).toEqual(["C0", "C1", "C2", "C3"]);
    expect(headings(51)).toEqual(["C0", "C1", "C3"]);
    expect(headings(40)).toEqual(["C0", "C1", "C3"]);
    expect(headings(39)).toEqual(["C0", "C1"]);
    // what may not be left out is cut
    expect(headings(16)).toEqual(["C0", "C1"]);
  });

  test.each<[color: StyleSettings["color"], columns: number | undefined, isBold: boolean]>([
    ["auto", 80, true],
    ["auto", undefined, false],
    ["always", undefined, true],
    ["never", 80, false],
  ])(
    "with %s and %s columns is coloured where the terminal and its user want it",
    async (color, columns, isBold) => {
      const style = await styleFor({
        isTerminal: columns !== undefined,
        columns,
        color,
        isSpoken: false,
      });
      expect({ isBold: style.strong("x") !== "x", columns: style.columns }).toEqual({
        isBold,
        columns: columns ?? null,
      });
    },
  );
});

describe("fields", () => {
  const fields = [
    ["type", "user"],
    ["方針", "4 to 128 characters, no runs, repeats or dates"],
  ] as const;

  test("are aligned, and a long value goes on below itself on a terminal", () => {
    expect(formatFields(fields, plain(30))).toBe(
      ["type  user", "方針  4 to 128 characters, no", "      runs, repeats or dates"].join("\n"),
    );
  });

  test("have one line each for scripts, on a terminal with no room, and where a word is too long", () => {
    expect(formatFields(fields, UNCOLORED).split("\n")).toHaveLength(2);
    expect(formatFields(fields, plain(9)).split("\n")).toHaveLength(2);
    expect(formatFields([["url", "https://otp.example/ttype/push"]], plain(20))).toBe(
      "url  https://otp.example/ttype/push",
    );
  });
});
