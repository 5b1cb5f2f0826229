import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { describeWith } from "../requires.ts";
import { FOB, HOTP_URI, testHome } from "./fob.ts";

/** Descriptors that a shell may have open, below and above what libuv sees to. */
const DESCRIPTORS = [3, 9, 15, 16, 20, 63, 200, 255, 999];

describeWith({ bash: "bash", flock: "util-linux" }, "an agent", () => {
  test.runIf(process.platform === "linux")("keeps no descriptor of who started it", async () => {
    const { fob, home } = testHome();
    await fob(["enroll", "-"], { input: HOTP_URI });
    const lock = join(home, "job.lock");
    const opened = DESCRIPTORS.map((descriptor) => `exec ${descriptor}>>"$1"`).join("; ");
    const script = `ulimit -n 4096; ${opened}; flock -n 200 || exit 99; "$2" "$3" unlock`;
    const { status } = spawnSync("bash", ["-c", script, "bash", lock, process.execPath, FOB], {
      env: { PATH: process.env["PATH"] ?? "", HOME: home, FOB_HOME: home, FOB_KEYCHAIN: "file" },
      stdio: "ignore",
      timeout: 20_000,
    });
    expect(status).toBe(0);
    try {
      const { stdout } = await fob(["agent", "status", "--json"]);
      const folder = `/proc/${JSON.parse(stdout).pid}/fd`;
      const held = readdirSync(folder).map((name) => targetOf(join(folder, name)));
      expect(held.filter((what) => what.startsWith(home))).toEqual([]);
      execFileSync("flock", ["-n", lock, "true"]);
    } finally {
      await fob(["lock"]);
    }
  });
});

/** Empty for one that was closed meanwhile: a connection that ends. */
function targetOf(descriptor: string): string {
  try {
    return readlinkSync(descriptor);
  } catch {
    return "";
  }
}
