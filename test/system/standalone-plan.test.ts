import { describe, expect, test } from "vitest";
import { planFor } from "../../scripts/standalone/plan.mjs";

const BROUGHT = "node_modules/clipboardy/fallbacks";

describe("the plan of the standalone executable", () => {
  test("for macOS puts the program into a segment of its own, and signs what came of it", () => {
    const plan = planFor("darwin", "arm64");
    expect(plan.name).toBe("fob-darwin-arm64");
    expect(plan.injection).toMatchObject({ machoSegmentName: "NODE_SEA" });
    expect(plan.before("fob")).toEqual([["codesign", "--remove-signature", "fob"]]);
    expect(plan.after("fob")).toEqual([["codesign", "--sign", "-", "fob"]]);
  });

  test.each(["linux", "win32"] as const)("for %s needs neither", (platform) => {
    const plan = planFor(platform, "x64");
    expect(plan.name).toBe(platform === "win32" ? "fob-win32-x64.exe" : "fob-linux-x64");
    expect(plan.injection).not.toHaveProperty("machoSegmentName");
    expect([plan.before("fob"), plan.after("fob")]).toEqual([[], []]);
  });

  test.each([
    ["linux", ["linux/xsel", "windows/clipboard_x86_64.exe"]],
    ["win32", ["windows/clipboard_x86_64.exe", "windows/clipboard_aarch64.exe"]],
    ["darwin", []],
  ] as const)("for %s has the programs that its clipboard may need: %j", (platform, programs) => {
    const all = ["linux/xsel", "windows/clipboard_x86_64.exe", "windows/clipboard_aarch64.exe"];
    const { isNeeded } = planFor(platform, "x64");
    const chosen = all.filter((path) => isNeeded(`${BROUGHT}/${path}`));
    for (const program of programs) expect(chosen).toContain(program);
    if (platform !== "linux") expect(chosen).toHaveLength(programs.length);
  });

  test("keeps every licence, and leaves out what only developers read", () => {
    const { isNeeded } = planFor("linux", "x64");
    for (const name of ["LICENSE", "LICENSE.md", "license", "COPYING", "NOTICE.txt"]) {
      expect(isNeeded(`node_modules/x/${name}`)).toBe(true);
    }
    for (const name of ["README.md", "index.d.ts", "index.js.map", "test/index.js"]) {
      expect(isNeeded(`node_modules/x/${name}`)).toBe(false);
    }
  });
});
