import { expect, test } from "vitest";
import { fitsTerminal } from "#cli/output/paging.ts";

const lines = (count: number, text = "x") => Array(count).fill(text).join("\n");

test("a text fits a terminal that shows it and the line of the shell, wrapped lines and all", () => {
  const size = { columns: 40, rows: 10 };
  expect(fitsTerminal(lines(9), size)).toBe(true);
  expect(fitsTerminal(lines(10), size)).toBe(false);
  expect(fitsTerminal(lines(4, "x".repeat(41)), size)).toBe(true);
  expect(fitsTerminal(lines(5, "x".repeat(41)), size)).toBe(false);
  // 21 wide characters
  expect(fitsTerminal(lines(5, "日".repeat(21)), size)).toBe(false);
  expect(fitsTerminal(lines(9, `\u001b[1m${"x".repeat(40)}\u001b[22m`), size)).toBe(true);
  expect(fitsTerminal(lines(999), { columns: 80 })).toBe(true);
});
