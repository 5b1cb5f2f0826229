import type { ChildProcess } from "node:child_process";
import type { Copy } from "./latest-copy.ts";

/** What the process is told that owns the clipboard of X11, in the first line of its input. */
export interface OwningOrder {
  readonly display: string;
  readonly text: string;
  readonly isForOnePaste: boolean;
  readonly latest: Copy | null;
}

/** A process that owns the clipboard of X11. */
export interface XOwner {
  /** Has the process give the clipboard up after a time. Without this call it ends with fob. */
  clearAfter(seconds: number): Promise<void>;
}

/** How long the process may take until it owns the clipboard, in milliseconds. */
const MAX_STARTING = 8_000;

/** The display whose clipboard fob owns itself; null on other systems than X11 on Linux. */
export function displayOf(
  env: NodeJS.ProcessEnv,
  platform: NodeJS.Platform = process.platform,
): string | null {
  const isOther = ["WAYLAND_DISPLAY", "WSL_DISTRO_NAME", "TERMUX_VERSION"].some(
    (name) => env[name],
  );
  return platform === "linux" && !isOther ? env["DISPLAY"] || null : null;
}

/**
 * Starts the process that owns the clipboard, and waits until it does. Null where it cannot. The
 * passcode is written to its standard input.
 */
export function startOwner(start: () => ChildProcess, order: OwningOrder): Promise<XOwner | null> {
  return new Promise((resolve) => {
    const child = start();
    const timer = setTimeout(() => child.kill("SIGKILL"), MAX_STARTING);
    const end = (owner: XOwner | null) => {
      clearTimeout(timer);
      child.stdout?.destroy();
      resolve(owner);
    };
    child.once("error", () => end(null)).once("exit", () => end(null));
    child.stdout?.once("data", () => end({ clearAfter: (seconds) => letGo(child, seconds) }));
    child.stdin?.on("error", () => undefined).write(`${JSON.stringify(order)}\n`);
  });
}

/** A process that has ended by then has given the clipboard up. */
function letGo(child: ChildProcess, seconds: number): Promise<void> {
  return new Promise((resolve) => {
    child.stdin?.once("close", resolve).end(`${seconds}\n`, () => resolve());
    child.unref();
  });
}
