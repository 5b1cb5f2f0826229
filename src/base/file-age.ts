/**
 * How long a file may be half-written, in milliseconds. On a file system without hard links, other
 * processes see a file while it is being written. A process that waits for a file measures this
 * time itself; a process that finds a file can only compare its modification time ({@link
 * isYoung}).
 */
export const WRITING_MS = 2_000;

/** No command takes longer than this, in milliseconds. */
const LONG_MS = 60 * 60 * 1000;

/**
 * FAT stores modification times in steps of two seconds. A file that changed more recently than
 * this, in milliseconds, may change again without a new modification time.
 */
const COARSE_MS = 3_000;

/**
 * Whether a file or folder may still be written; `changed` is its modification time in milliseconds
 * since 1970. A time in the future counts by its distance from now, because the clock may have been
 * set back.
 */
export function isYoung(changed: number): boolean {
  return Math.abs(Date.now() - changed) < WRITING_MS;
}

/** Whether work that began at this time must have been abandoned; times as in {@link isYoung}. */
export function isLongAgo(begun: number, now = Date.now()): boolean {
  return Math.abs(now - begun) > LONG_MS;
}

/**
 * Whether the next change of a file or folder will change its modification time. False for a time
 * in the future: the next change may get that same time.
 */
export function isSettled(changed: number): boolean {
  return Date.now() - changed > COARSE_MS;
}
