/**
 * How long a file may be half-written, in milliseconds: where the file system has no hard links,
 * others see it while its writer is at work. Who waits for a file counts this by the own clock; who
 * comes across one has nothing but the file's time ({@link isYoung}).
 */
export const WRITING_MS = 2_000;

/** No command takes longer than this, in milliseconds. */
const LONG_MS = 60 * 60 * 1000;

/**
 * A file system may count in steps of two seconds (FAT): what changed more recently than this, in
 * milliseconds, may change again without its time showing it.
 */
const COARSE_MS = 3_000;

/**
 * Whether the writer of a file or folder may still be at work; `changed` is when it was modified, in
 * milliseconds since 1970. A time in the future counts by its distance: the clock was set back.
 */
export function isYoung(changed: number): boolean {
  return Math.abs(Date.now() - changed) < WRITING_MS;
}

/** Whether what was begun at this time and is not done was left behind; times as in isYoung. */
export function isLongAgo(begun: number): boolean {
  return Math.abs(Date.now() - begun) > LONG_MS;
}

/**
 * Whether the next change of a file or folder will show in its time, `changed`. Of a time in the
 * future that is not certain: the next change may come at that very time.
 */
export function isSettled(changed: number): boolean {
  return Date.now() - changed > COARSE_MS;
}
