import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { terminalWindows } from "#platform/links/terminal-windows.ts";

/** The programs of these tests are scripts, and their files have modes. */
const posixTest = test.runIf(process.platform !== "win32");

/** A folder of PATH with these programs. */
function installed(...names: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "fob-terminals-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of names) {
    writeFileSync(join(folder, name), "#!/bin/sh\n");
    chmodSync(join(folder, name), 0o755);
  }
  return folder;
}

posixTest("what the system prefers comes before what else is there", () => {
  const PATH = installed("xterm", "gnome-terminal", "x-terminal-emulator", "xdg-terminal-exec");
  expect(terminalWindows({ PATH })).toEqual([
    ["xdg-terminal-exec"],
    ["x-terminal-emulator", "-e"],
    ["gnome-terminal", "--"],
    ["xterm", "-e"],
  ]);
});

posixTest.each([
  ["gnome-terminal", ["gnome-terminal", "--"]],
  ["mine", ["mine", "-e"]],
  [" mine  --hold -x ", ["mine", "--hold", "-x"]],
])("TERMINAL=%j counts before all others", (TERMINAL, first) => {
  const PATH = installed("mine", "gnome-terminal", "xdg-terminal-exec");
  expect(terminalWindows({ PATH, TERMINAL })[0]).toEqual(first);
});

posixTest("a terminal that is not there is none", () => {
  expect(terminalWindows({ PATH: installed("xterm"), TERMINAL: "kitty" })).toEqual([
    ["xterm", "-e"],
  ]);
  expect(terminalWindows({ PATH: installed() })).toEqual([]);
});
