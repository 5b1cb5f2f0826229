import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { takeScreenshot } from "#platform/screenshot.ts";
import { scriptRunner } from "./script-runner.ts";

const platform = scriptRunner();
let runtime: string;

beforeEach(() => {
  runtime = mkdtempSync(join(tmpdir(), "fob-runtime-"));
  vi.stubEnv("XDG_RUNTIME_DIR", runtime);
});

afterEach(() => rmSync(runtime, { recursive: true }));

/** A screencapture that fills the first files that it is given, as for so many displays. */
function displays(...pictures: readonly string[]): void {
  const writing = pictures.map((picture, i) => `printf %s ${picture} > "$${i + 4}"`);
  platform.program(
    "screencapture",
    ['[ "$1 $2 $3" = "-x -t png" ] || exit 2', ...writing].join("\n"),
  );
}

describe("a screenshot on macOS", () => {
  test.each([[["main"]], [["main", "second", "third"]]])(
    "has the pictures of all displays: %j",
    async (pictures) => {
      platform.runner("osascript", "allowed");
      displays(...pictures);
      const taken = await takeScreenshot("darwin", process.env);
      expect(taken.map(String)).toEqual(pictures);
      expect(readdirSync(runtime)).toEqual([]);
    },
  );

  test("is not taken without the permission: it would show the background alone", async () => {
    platform.runner("osascript", "refused");
    displays("background");
    await expect(takeScreenshot("darwin", process.env)).rejects.toMatchObject({
      code: "unavailable",
      message: "macOS does not let this terminal read the screen",
      hint: expect.stringContaining("Screen Recording"),
    });
    expect(platform.given()).toContain("CGPreflightScreenCaptureAccess");
  });

  test("is taken where macOS does not know the question, and refused where nothing comes of it", async () => {
    platform.runner("osascript", "", 1);
    displays("main");
    expect((await takeScreenshot("darwin", process.env)).map(String)).toEqual(["main"]);
    displays();
    await expect(takeScreenshot("darwin", process.env)).rejects.toMatchObject({
      code: "unavailable",
      hint: expect.stringContaining("Screen Recording"),
    });
    expect(readdirSync(runtime)).toEqual([]);
  });
});
