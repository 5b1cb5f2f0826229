import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SYSTEMD } from "../requires.ts";
import { until } from "../waiting.ts";

/** A real `systemd --user` with a home and a folder for sockets of its own. */
export interface UserManager {
  /** What a program needs to find it. */
  readonly env: Readonly<Record<string, string>>;
  /** The folder of its sockets. */
  readonly runtime: string;
  /** What `systemctl --user` prints. */
  systemctl(...args: readonly string[]): string;
  close(): Promise<void>;
}

/**
 * It starts only on a machine that systemd has started, and reads that from /run: it gets a /run of
 * its own that says so. What it mounts for a service (credentials) must reach it from its children.
 */
const IN_ITS_OWN_RUN = `mount --make-rshared / && mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system && exec "$0" --user --unit=basic.target`;

/** Starts one whose services have these variables. */
export async function startUserManager(more: Record<string, string> = {}): Promise<UserManager> {
  const folder = mkdtempSync(join(tmpdir(), "fob-systemd-"));
  const [runtime, home] = [join(folder, "run"), join(folder, "home")];
  for (const made of [runtime, home]) mkdirSync(made, { mode: 0o700 });
  const env = { HOME: home, XDG_RUNTIME_DIR: runtime };
  const { PATH = "" } = process.env;
  const manager = spawn("unshare", ["--mount", "sh", "-c", IN_ITS_OWN_RUN, SYSTEMD], {
    env: { PATH, ...env, ...more },
    stdio: "ignore",
  });
  const ended = new Promise<void>((resolve) => manager.once("exit", () => resolve()));
  const run = (args: readonly string[]) =>
    spawnSync("systemctl", ["--user", ...args], { env: { PATH, ...env }, encoding: "utf8" });
  await until("the manager is there", () => run(["is-active", "basic.target"]).status === 0);
  return {
    env,
    runtime,
    systemctl: (...args) => run(args).stdout.trim(),
    async close() {
      manager.kill();
      await ended;
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
