import type { ChildProcess } from "node:child_process";
import { utimesSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

/** How long an event may take to come, in milliseconds, on a machine that is busy. */
const LONGEST_MS = 30_000;

/** How often a look is taken meanwhile, and how long. */
interface Looks {
  readonly everyMs?: number;
  readonly withinMs?: number;
}

/** What `look` finds, as soon as it finds something. `what` names it where it never does. */
export async function eventually<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  { everyMs = 10, withinMs = LONGEST_MS }: Looks = {},
): Promise<T> {
  for (const end = performance.now() + withinMs; ; ) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error(`${what}: not within ${withinMs} ms`);
    await pause(everyMs);
  }
}

/** Waits until something is so. `what` names it where it never is. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  looks?: Looks,
): Promise<void> {
  await eventually(what, async () => ((await isSo()) ? true : undefined), looks);
}

/**
 * A moment of chance, at most so many milliseconds from now: for what must hold whenever a process
 * is cut off. Nothing is waited for.
 */
export function anyMoment(mostMs: number): Promise<void> {
  return pause(Math.random() * mostMs);
}

/** Sends a process a signal after a while, unless it has ended by then. */
export function cutOffAfter(child: ChildProcess, ms: number, signal: NodeJS.Signals): void {
  const timer = setTimeout(() => child.kill(signal), ms);
  child.once("exit", () => clearTimeout(timer));
}

/** Makes a file or folder look old: nobody waits for its writer to finish. */
export function makeOld(path: string): void {
  utimesSync(path, 1, 1);
}
