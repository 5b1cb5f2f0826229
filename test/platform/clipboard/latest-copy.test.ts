import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { forgetCopy, isLatest, noteCopy } from "#platform/clipboard/latest-copy.ts";

function session(): Record<string, string> {
  const folder = mkdtempSync(join(tmpdir(), "copies-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return { XDG_RUNTIME_DIR: folder, TMPDIR: folder, DISPLAY: ":1" };
}

test("the latest copy to a clipboard is the last that was noted", () => {
  const env = session();
  const [first, second] = [noteCopy("desktop", env), noteCopy("desktop", env)];
  const others = [noteCopy("tmux", env), noteCopy("desktop", { ...env, DISPLAY: ":2" })];
  expect(isLatest(first)).toBe(false);
  expect([second, ...others].map(isLatest)).toEqual([true, true, true]);
  // no note of an earlier one takes away that of a later one
  forgetCopy(first);
  expect(isLatest(first)).toBe(false);
  // where the later one failed, the earlier one is cleared in its time
  forgetCopy(second);
  expect(isLatest(first)).toBe(true);
  expect(isLatest(null)).toBe(true);
});
