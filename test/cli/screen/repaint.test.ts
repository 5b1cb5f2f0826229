import { expect, test } from "vitest";
import { repaint } from "#cli/screen/repaint.ts";

test("only lines that changed are written, and all at once", () => {
  expect(repaint(["a", "b", "c"], ["a", "B", "c"])).toBe(
    "\u001b[?2026h\u001b[2;1H\u001b[2KB\u001b[?2026l",
  );
  expect(repaint(["a", "b"], ["a", "b"])).toBe("");
});

test("everything is written where anything may have been before", () => {
  expect(repaint(null, ["a", "", "c"])).toContain(
    "\u001b[2J\u001b[1;1H\u001b[2Ka\u001b[3;1H\u001b[2Kc",
  );
});

test("lines that are gone are emptied", () => {
  expect(repaint(["a", "b"], [])).toContain("\u001b[1;1H\u001b[2K\u001b[2;1H\u001b[2K");
  expect(repaint(["a", ""], ["a"])).toBe("");
});
