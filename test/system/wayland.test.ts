import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FOB, HOTP_URI, RFC_CODES, testHome } from "../e2e/fob.ts";
import { describeWith } from "../requires.ts";
import { until } from "../waiting.ts";

/** sway refuses to run as root. */
const NOBODY = 65_534;

/** The name of a process; empty for one that has ended, or is none. */
function nameOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    return "";
  }
}

describeWith({ sway: "sway", "wl-copy": "wl-clipboard" }, "the clipboard (Wayland)", () => {
  let folder: string;
  let env: Record<string, string>;
  let sway: ChildProcess;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "w-"));
    const config = join(folder, "config");
    writeFileSync(config, "xwayland disable\n");
    const isRoot = process.getuid?.() === 0;
    if (isRoot) chownSync(folder, NOBODY, NOBODY);
    env = { XDG_RUNTIME_DIR: folder, WAYLAND_DISPLAY: "wayland-1" };
    sway = spawn("sway", ["-c", config], {
      cwd: "/",
      env: {
        PATH: process.env["PATH"] ?? "",
        HOME: folder,
        XDG_RUNTIME_DIR: folder,
        WLR_BACKENDS: "headless",
        WLR_LIBINPUT_NO_DEVICES: "1",
        WLR_RENDERER: "pixman",
      },
      stdio: "ignore",
      ...(isRoot ? { uid: NOBODY, gid: NOBODY } : {}),
    });
    await until("sway listens", () => existsSync(join(folder, "wayland-1")));
  });
  afterAll(() => {
    sway.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  function paste(...options: readonly string[]): string {
    return spawnSync("wl-paste", ["--no-newline", ...options], {
      env: { ...process.env, ...env },
      encoding: "utf8",
      timeout: 10_000,
    }).stdout;
  }

  /** wl-copy returns when its background process may still be about to tell the compositor. */
  async function pasted(): Promise<void> {
    await until("the passcode is there", () => paste() === RFC_CODES[0]);
  }

  test("has a passcode for one paste", async () => {
    const { fob } = testHome();
    await fob(["enroll", "-"], { input: HOTP_URI });
    const copyOnce = async () => {
      const copied = await fob(["code", "ACME", "--copy", "--once", "--clear-after", "20"], {
        env,
      });
      expect(copied).toMatchObject({
        exitCode: 0,
        stdout: "",
        stderr: "copied for one paste; the clipboard is cleared in 20 seconds without one\n",
      });
    };
    const codes = RFC_CODES.values();
    // wl-paste 2.1 asks for the text, and reads none where wl-copy serves it and ends before
    await until("one paste has the passcode", async () => {
      await copyOnce();
      await until("it can be pasted", () => paste("--list-types") !== "");
      return paste() === codes.next().value;
    });
    expect(paste()).toBe("");
  });

  test("is served by a program that keeps nothing of who started fob", async () => {
    const { fob, home } = testHome();
    await fob(["enroll", "-"], { input: HOTP_URI });
    const lock = join(home, "job.lock");
    const script = `exec 200>>"$1"; flock -n 200; "$2" "$3" code ACME --copy --clear-after 600`;
    const run = spawnSync("bash", ["-c", script, "bash", lock, process.execPath, FOB], {
      env: {
        ...env,
        PATH: process.env["PATH"],
        HOME: home,
        FOB_HOME: home,
        FOB_KEYCHAIN: "file",
        ONLY_OF_THE_STARTER: "1",
      },
      cwd: home,
      timeout: 20_000,
    });
    expect(run.status).toBe(0);
    await pasted();
    expect(spawnSync("flock", ["-n", lock, "true"]).status).toBe(0);
    const serving = readdirSync("/proc").filter((pid) => nameOf(pid) === "wl-copy");
    expect(serving.length).toBeGreaterThan(0);
    for (const pid of serving) {
      expect(readlinkSync(`/proc/${pid}/cwd`)).toBe("/");
      expect(readFileSync(`/proc/${pid}/environ`, "utf8")).not.toContain("ONLY_OF_THE_STARTER");
    }
  });

  test("is cleared in time", async () => {
    const { fob } = testHome();
    await fob(["enroll", "-"], { input: HOTP_URI });
    await fob(["code", "ACME", "--copy", "--clear-after", "2"], { env });
    await pasted();
    await until("it is cleared", () => paste() === "");
  });
});
