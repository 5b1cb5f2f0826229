import { LAST_COUNTER } from "./hotp.ts";

/** A range of counters or time steps in which a passcode is searched. */
export interface Window {
  /** The counter that offsets are counted from. */
  readonly origin: bigint;
  /** How many counters to look at before and after the origin. */
  readonly back: number;
  readonly ahead: number;
  /** Limits on the counters that are tried; by default all counters that exist. */
  readonly from?: bigint;
  readonly to?: bigint;
}

/** The next counter and the `ahead` counters after it (RFC 4226 section 7.2). */
export function countersFrom(counter: bigint, ahead: number): Window {
  return { origin: counter, back: 0, ahead };
}

/** A time step and `toEitherSide` steps before and after it (RFC 6238 section 5.2). */
export function stepsAround(step: bigint, toEitherSide: number): Window {
  return { origin: step, back: toEitherSide, ahead: toEitherSide };
}

/**
 * The offsets of a window's counters from its origin, the nearest first, and of two equally near
 * ones the later. Counters below 0 or above 2^64-1 are skipped.
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
