import { spawnSync } from "node:child_process";
import { FOB } from "../e2e/fob.ts";
import { isTorture, sampled } from "../sampled.ts";

/** The system calls after which something on the disk, or in another process, is different. */
const KINDS = [
  ...["write", "fsync", "link", "unlink", "rename", "mkdir", "rmdir"],
  // few commands make these, and each kind for itself would take a run more
  "pwrite64|writev|fdatasync|ftruncate|chmod|fchmod|symlink",
] as const;

/** More calls of one kind than a command makes in any of its processes. */
const MOST = 2_000;

/** A command of fob that is killed. */
interface Killed {
  readonly home: string;
  readonly args: readonly string[];
  readonly input?: string;
  /** Whether the calls of its children count, those of each process for themselves. */
  readonly inAll?: boolean;
}

/**
 * Kills a command at every `stride`th system call of every kind, or at each of all by `npm run
 * torture`. Before each run all is put back by `restore`, after it what is left is checked.
 * Returns how many times it was killed.
 */
export async function killAtCalls(
  killed: Killed,
  stride: number,
  { restore, check }: { restore(): void; check(): Promise<void> },
): Promise<number> {
  const numbers = Array.from({ length: MOST }, (_, i) => i + 1);
  let kills = 0;
  for (const kind of KINDS) {
    for (const call of sampled(numbers, stride)) {
      restore();
      if (!isKilled(killed, kind, call)) break;
      kills++;
      await check().catch((error) => {
        throw new Error(`killed at ${kind} ${call}`, { cause: error });
      });
    }
  }
  return kills;
}

/** How long a test may take that kills at system calls, in milliseconds. */
export const KILLING = { timeout: isTorture ? 3_600_000 : 120_000 };

/** strace counts calls of each name for themselves: the first that comes to the number kills. */
function isKilled(
  { home, args, input, inAll = false }: Killed,
  kind: string,
  call: number,
): boolean {
  const env = { PATH: process.env["PATH"], HOME: home, FOB_HOME: home, FOB_KEYCHAIN: "file" };
  const calls = `/^(${kind})(at2?)?$`;
  const strace = [
    ...(inAll ? ["-f"] : []),
    ...["-qq", "-o", "/dev/null", "-e", `trace=${calls}`],
    ...["-e", `inject=${calls}:signal=SIGKILL:when=${call}`],
  ];
  const run = spawnSync("strace", [...strace, process.execPath, FOB, ...args], { env, input });
  return run.status !== 0;
}
