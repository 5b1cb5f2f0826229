import { spawn } from "node:child_process";
import type { Socket } from "node:net";

/** What a guard puts back, and the modes whose absence says that nobody else did so before. */
export interface Guarded {
  readonly off: readonly string[];
  /** The arguments of stty(1). */
  readonly changes: readonly string[];
  /** What is written to the terminal, for what was drawn on it. */
  readonly leave: string;
}

/**
 * Waits for a line or the end of standard input. At the end without a line the other process was
 * killed: the modes are put back, unless one of them is on again, because a shell was faster. No
 * signal of the terminal ends or stops it meanwhile.
 */
const GUARD = `trap '' HUP INT QUIT TERM TSTP TTIN TTOU
read -r done && exit
now=" $(stty -a <&3 | tr ';\\n' '  ') "
off=$1 leave=$2
shift 2
for mode in $off; do case $now in *" $mode "*) exit ;; esac; done
stty "$@" <&3
printf %s "$leave" >&3`;

/**
 * Watches over changed modes of a terminal, in a process of its own: after SIGKILL or a fault of
 * this program nothing of it can put them back. Returns the function that ends the watch. Never
 * throws.
 */
export function guardModes(descriptor: number, { off, changes, leave }: Guarded): () => void {
  if (process.platform === "win32") return () => undefined;
  const child = spawn("/bin/sh", ["-c", GUARD, "fob-terminal", off.join(" "), leave, ...changes], {
    env: { PATH: `/bin:/usr/bin:${process.env["PATH"] ?? ""}`, LC_ALL: "C" },
    stdio: ["pipe", "ignore", "ignore", descriptor],
  });
  // where the system has no room for a process, the modes are only put back in the usual ways
  child.once("error", () => undefined);
  const input = child.stdin as Socket | null;
  input?.on("error", () => undefined);
  // it keeps this process from nothing
  child.unref();
  input?.unref();
  return () => void input?.end("\n");
}
