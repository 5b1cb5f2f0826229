import { LAST_COUNTER } from "./hotp.ts";

/** Counters or time steps among which a passcode is looked for. */
export interface Window {
  /** The counter that offsets are counted from. */
  readonly origin: bigint;
  /** How many counters to look at before and after the origin. */
  readonly back: number;
  readonly ahead: number;
  /** The lowest and the highest counter to look at; without them, all that there are. */
  readonly from?: bigint;
  readonly to?: bigint;
}

/** The counter that is due, and those after it (RFC 4226 section 7.2). */
export function countersFrom(counter: bigint, ahead: number): Window {
  return { origin: counter, back: 0, ahead };
}

/** The time steps around one, so many to either side (RFC 6238 section 5.2). */
export function stepsAround(step: bigint, toEitherSide: number): Window {
  return { origin: step, back: toEitherSide, ahead: toEitherSide };
}

/**
 * The offsets of a window's counters from its origin: the nearest first, ahead before back. Counters
 * that do not exist, below 0 or above 2^64-1, are left out.
 */
export function* offsetsIn({
  origin,
  back,
  ahead,
  from = 0n,
  to = LAST_COUNTER,
}: Window): Generator<number> {
  const isIn = (counter: bigint) =>
    counter >= 0n && counter >= from && counter <= to && counter <= LAST_COUNTER;
  if (isIn(origin)) yield 0;
  for (let distance = 1; distance <= Math.max(back, ahead); distance++) {
    if (distance <= ahead && isIn(origin + BigInt(distance))) yield distance;
    if (distance <= back && isIn(origin - BigInt(distance))) yield -distance;
  }
}
