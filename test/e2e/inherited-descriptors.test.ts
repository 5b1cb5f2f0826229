import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
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
      const about = `/proc/${JSON.parse(stdout).pid}`;
      expect(["0", "1", "2"].map((name) => targetOf(join(about, "fd", name)))).toEqual(
        Array(3).fill("/dev/null"),
      );
      expect(readlinkSync(join(about, "cwd"))).toBe("/");
      const environment = readFileSync(join(about, "environ"), "utf8").split("\0");
      expect(environment.filter((one) => /^(?:PWD|OLDPWD|SHLVL|FOB_)/.test(one))).toEqual([]);
      const folder = join(about, "fd");
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
