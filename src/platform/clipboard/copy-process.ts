import type { ChildProcess } from "node:child_process";
import type { Copy } from "./latest-copy.ts";

/** What the process is told that fills the clipboard of Linux, in the first line of its input. */
export interface CopyOrder {
  /** The display whose clipboard it owns itself; null where a program is to copy. */
  readonly display: string | null;
  readonly text: string;
  readonly isForOnePaste: boolean;
  readonly latest: Copy | null;
}

/** A process that has filled the clipboard. */
export interface ClipboardProcess {
  /**
   * Has the process clear the clipboard after a time. Without this call it does so with fob's end.
   */
  clearAfter(seconds: number): Promise<void>;
}

/** How long the process may take until it has filled the clipboard, in milliseconds. */
const MAX_STARTING = 12_000;

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
 * Starts the process that fills the clipboard, and waits until it has. Null where it cannot. The
 * passcode is written to its standard input.
 */
export function startCopy(
  start: () => ChildProcess,
  order: CopyOrder,
): Promise<ClipboardProcess | null> {
  return new Promise((resolve) => {
    const child = start();
    const timer = setTimeout(() => child.kill("SIGKILL"), MAX_STARTING);
    const end = (owner: ClipboardProcess | null) => {
      clearTimeout(timer);
      child.stdout?.destroy();
      resolve(owner);
    };
    child.once("error", () => end(null)).once("exit", () => end(null));
    child.stdout?.once("data", () => end({ clearAfter: (seconds) => letGo(child, seconds) }));
    child.stdin?.on("error", () => undefined).write(`${JSON.stringify(order)}\n`);
  });
}

/** A process that has ended by then has cleared the clipboard. */
function letGo(child: ChildProcess, seconds: number): Promise<void> {
  return new Promise((resolve) => {
    child.stdin?.once("close", resolve).end(`${seconds}\n`, () => resolve());
    child.unref();
  });
}
