import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEBIAN_PYTHON } from "../requires.ts";
import { busConfiguration, onBus } from "./private-bus.ts";

/**
 * A system bus of its own with a stand-in for logind (python-dbusmock): the real one makes sessions
 * only where systemd has started the machine.
 */
export interface SessionBench {
  /** What a program needs to find the bus. */
  readonly env: Readonly<Record<string, string>>;
  /** A session of a user. Returns its path on the bus. */
  addSession(id: string, uid: number): string;
  /** Asks a session to lock, as `loginctl lock-session` does. */
  lock(session: string): void;
  /** Says that the screen is locked, or is not, as the desktops do that lock it by themselves. */
  hint(session: string, isLocked: boolean): void;
  /** Says that the machine goes to sleep, or has woken up. */
  sleep(isGoing: boolean): void;
  close(): void;
}

const LOGIND = "org.freedesktop.login1";
const MANAGER = "/org/freedesktop/login1";
const MOCK = "org.freedesktop.DBus.Mock";

export async function startSessionBench(): Promise<SessionBench> {
  const folder = mkdtempSync(join(tmpdir(), "fob-logind-"));
  const address = `unix:path=${join(folder, "bus")}`;
  const env = { DBUS_SYSTEM_BUS_ADDRESS: address };
  const whole = { ...process.env, ...env };
  writeFileSync(join(folder, "bus.conf"), busConfiguration("system", address));
  const children: ChildProcess[] = [];
  const start = (command: string, args: string[]) =>
    children.push(spawn(command, args, { env: whole, stdio: "ignore" }));
  start("dbus-daemon", [`--config-file=${join(folder, "bus.conf")}`, "--nofork"]);
  await onBus("system", whole, "org.freedesktop.DBus");
  start(DEBIAN_PYTHON, ["-m", "dbusmock", "--system", "--template", "logind"]);
  await onBus("system", whole, LOGIND);
  const call = (path: string, method: string, ...args: string[]) =>
    execFileSync("gdbus", ["call", "--system", "-d", LOGIND, "-o", path, "-m", method, ...args], {
      env: whole,
      encoding: "utf8",
    });
  return {
    env,
    addSession(id, uid) {
      const added = call(
        MANAGER,
        `${MOCK}.AddSession`,
        id,
        "seat0",
        String(uid),
        `user${uid}`,
        "true",
      );
      return /'(\/[^']*)'/.exec(added)?.[1] ?? "";
    },
    lock: (session) => void call(session, `${LOGIND}.Session.Lock`),
    hint: (session, isLocked) =>
      void call(session, `${LOGIND}.Session.SetLockedHint`, String(isLocked)),
    sleep: (isGoing) =>
      void call(
        MANAGER,
        `${MOCK}.EmitSignal`,
        `${LOGIND}.Manager`,
        "PrepareForSleep",
        "b",
        `[<${isGoing}>]`,
      ),
    close() {
      for (const child of children.reverse()) child.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
