import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Message, type MessageBus, sessionBus } from "@jellybrick/dbus-next";
import { DEBIAN_PYTHON } from "../requires.ts";
import { until } from "../waiting.ts";
import { busConfiguration, onBus } from "./private-bus.ts";

/** Where Debian has the daemon. */
const FPRINTD = "/usr/libexec/fprintd";

/**
 * A system bus of its own with the real fprintd over libfprint's virtual reader, and nobody's
 * finger yet.
 */
export interface FingerprintBench {
  /** What a program needs to find the bus. */
  readonly env: Readonly<Record<string, string>>;
  /** Teaches the reader a finger, as `fprintd-enroll` does. */
  learn(finger: string): Promise<void>;
  /** Puts a finger on the reader, as soon as a program waits for one. */
  touch(finger: string): Promise<void>;
  /** Another command of the virtual reader, as soon as a program uses it: `RETRY 1`, `UNPLUG`. */
  tell(command: string): Promise<void>;
  close(): void;
}

/** Starts a bench. The stand-in for polkit allows everything. */
export async function startFingerprintBench(): Promise<FingerprintBench> {
  const folder = mkdtempSync(join(tmpdir(), "fob-fprint-"));
  const address = `unix:path=${join(folder, "bus")}`;
  const env = { DBUS_SYSTEM_BUS_ADDRESS: address };
  const whole = { ...process.env, ...env };
  const reader = join(folder, "reader");
  writeFileSync(join(folder, "bus.conf"), busConfiguration("system", address));
  const children: ChildProcess[] = [];
  const start = (command: string, args: string[], more: Record<string, string> = {}) => {
    children.push(spawn(command, args, { env: { ...whole, ...more }, stdio: "ignore" }));
  };
  start("dbus-daemon", [`--config-file=${join(folder, "bus.conf")}`, "--nofork"]);
  await onBus("system", whole, "org.freedesktop.DBus");
  start(DEBIAN_PYTHON, ["-m", "dbusmock", "--system", "--template", "polkitd"]);
  await onBus("system", whole, "org.freedesktop.PolicyKit1");
  const authority = [
    "-d",
    "org.freedesktop.PolicyKit1",
    "-o",
    "/org/freedesktop/PolicyKit1/Authority",
  ];
  const allow = ["-m", "org.freedesktop.DBus.Mock.AllowUnknown", "true"];
  execFileSync("gdbus", ["call", "--system", ...authority, ...allow], { env: whole });
  start(FPRINTD, ["-t"], { FP_VIRTUAL_DEVICE: reader, STATE_DIRECTORY: join(folder, "state") });
  await onBus("system", whole, "net.reactivated.Fprint");

  // of the two ways to connect, the one that takes an address
  const bus = sessionBus({ busAddress: address });
  // a finger that comes before a program waits for it counts for nothing
  const tell = async (command: string) => {
    await until("a program waits for a finger", () => isFingerNeeded(bus), { everyMs: 30 });
    await until("the reader takes commands", () => send(reader, command));
  };
  const touch = (finger: string) => tell(`SCAN ${finger}`);
  return {
    env,
    tell,
    touch,
    async learn(finger) {
      const child = spawn("fprintd-enroll", ["-f", "right-index-finger"], { env: whole });
      const done = new Promise((resolve) => child.once("close", resolve));
      let output = "";
      child.stdout.on("data", (text) => {
        output += text;
      });
      const results = () => output.split("Enroll result:").length;
      // a touch may come between two stages, and counts for nothing then
      for (let touches = 0; touches < 20 && !output.includes("enroll-completed"); touches++) {
        const before = results();
        await touch(finger);
        await until("a stage has ended", () => results() > before, { withinMs: 5_000 }).catch(
          () => undefined,
        );
      }
      await done;
    },
    close() {
      bus.disconnect();
      for (const child of children.reverse()) child.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What fprintd says of its reader. */
async function isFingerNeeded(bus: MessageBus): Promise<boolean> {
  const reply = await bus.call(
    new Message({
      destination: "net.reactivated.Fprint",
      path: "/net/reactivated/Fprint/Device/0",
      interface: "org.freedesktop.DBus.Properties",
      member: "Get",
      signature: "ss",
      body: ["net.reactivated.Fprint.Device", "finger-needed"],
    }),
  );
  const [needed] = (reply?.body ?? []) as readonly { readonly value: unknown }[];
  return needed?.value === true;
}

/** The reader's socket is there while a program has claimed it. */
function send(path: string, command: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once("error", () => resolve(false));
    socket.once("connect", () => socket.end(command, () => resolve(true)));
  });
}
