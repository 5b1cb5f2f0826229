import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { HOTP_URI, RFC_CODES, testHome } from "../cli/fob.ts";
import { describeWith } from "../requires.ts";

describeWith({ Xvfb: "xvfb", xclip: "xclip" }, "the clipboard (X11)", () => {
  const DISPLAY = `:${100 + (process.pid % 800)}`;
  let server: ChildProcess;

  beforeAll(async () => {
    server = spawn("Xvfb", [DISPLAY, "-nolisten", "tcp"], { stdio: "ignore" });
    await until(() => paste() !== null);
  });
  afterAll(() => {
    server.kill();
  });

  /** What is on the clipboard; empty when nothing is, null when there is no display. */
  function paste(): string | null {
    try {
      return execFileSync("xclip", ["-o", "-selection", "clipboard"], {
        env: { ...process.env, DISPLAY },
        encoding: "utf8",
        stdio: "pipe",
      });
    } catch (error) {
      return String((error as { stderr: string }).stderr).includes("not available") ? "" : null;
    }
  }

  test("takes a passcode, prints none, and is cleared in time", async () => {
    const { fob } = testHome();
    await fob(["enroll", "-"], { input: HOTP_URI });
    const copied = await fob(["code", "ACME", "--copy", "--clear-after", "2"], { env: { DISPLAY } });
    expect(copied).toEqual({ stdout: "", stderr: "copied; the clipboard is cleared in 2 s\n", exitCode: 0 });
    expect(paste()).toBe(RFC_CODES[0]);
    await until(() => paste() === "");
  });

  test("is not cleared when it holds something else by then", async () => {
    const { fob } = testHome();
    await fob(["enroll", "-"], { input: HOTP_URI });
    await fob(["code", "ACME", "--copy", "--clear-after", "1"], { env: { DISPLAY } });
    execFileSync("xclip", ["-i", "-selection", "clipboard"], {
      env: { ...process.env, DISPLAY },
      input: "mine",
      stdio: ["pipe", "ignore", "ignore"],
    });
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(paste()).toBe("mine");
  });

  test("is missed with exit code 8, and the passcode is not lost in an error", async () => {
    const { fob } = testHome();
    await fob(["enroll", "-"], { input: HOTP_URI });
    const { stdout, stderr, exitCode } = await fob(["code", "ACME", "--copy"]);
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 8 });
    expect(stderr).toMatch(/^fob: the clipboard cannot be reached\nhint: /);
    expect(stderr).not.toContain(RFC_CODES[0]);
  });
});

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("it did not come about within ten seconds");
}
