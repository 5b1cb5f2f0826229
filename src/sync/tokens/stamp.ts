/**
 * The logical time of a change (a Lamport clock) and the device that made it. Times of the machine
 * play no part: a device with a wrong clock neither wins nor loses.
 */
export interface Stamp {
  readonly time: number;
  /** The id of the device. */
  readonly device: string;
}

/** No device counts this far; a later time in a file is refused. */
export const MAX_TIME = 2 ** 48;

/** Negative when `a` is older, positive when it is newer. Equal times are decided by device. */
export function compareStamps(a: Stamp, b: Stamp): number {
  if (a.time !== b.time) return a.time - b.time;
  if (a.device === b.device) return 0;
  return a.device < b.device ? -1 : 1;
}

/** The later of two stamps. */
export function laterStamp(a: Stamp, b: Stamp): Stamp {
  return compareStamps(a, b) < 0 ? b : a;
}
