import { describe, expect, test } from "vitest";
import { styleFor } from "../../src/cli/style.ts";
import { formatTable } from "../../src/cli/table.ts";

const style = (columns: number | undefined, env: NodeJS.ProcessEnv = {}) =>
  styleFor({ isTerminal: columns !== undefined, columns, noColor: false, isSpoken: false, env });
const plain = (columns: number) => style(columns, { NO_COLOR: "1" });

describe("a table", () => {
  const heading = ["NAME", "ISSUER"];

  test("is aligned under its heading on a terminal", () => {
    expect(
      formatTable(
        heading,
        [
          ["vpn", "ACME"],
          ["日本", "x"],
        ],
        plain(80),
      ),
    ).toBe("NAME  ISSUER\nvpn   ACME\n日本  x");
  });

  test("is tab-separated for scripts", () => {
    expect(formatTable(heading, [["vpn", "ACME"]], style(undefined))).toBe("vpn\tACME");
  });

  test("is cut to the terminal's width, widest column first", () => {
    const text = formatTable(heading, [["a rather long name of a token", "ACME"]], plain(20));
    expect(text).toBe("NAME          ISSUER\na rather lo…  ACME");
    for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(20);
  });

  test("is coloured where the terminal and its user want it", () => {
    const bold = (env: NodeJS.ProcessEnv, columns: number | undefined) => style(columns, env).strong("x") !== "x";
    expect(bold({}, 80)).toBe(true);
    expect(bold({ TERM: "dumb" }, 80)).toBe(false);
    expect(bold({ NO_COLOR: "1" }, 80)).toBe(false);
    expect(bold({}, undefined)).toBe(false);
    expect(bold({ FORCE_COLOR: "1" }, undefined)).toBe(true);
    expect(bold({ FORCE_COLOR: "0" }, 80)).toBe(false);
  });
});
