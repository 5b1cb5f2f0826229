import { timingSafeEqual } from "node:crypto";

/** The passcode of a counter or time step. */
export type PasscodeAt = (counter: bigint) => string;

/** A counter that matched, and how far it lies ahead of the expected one. */
export interface CounterMatch {
  readonly counter: bigint;
  readonly offset: number;
}

/** A time step that matched, and how far it lies from the expected one; negative for the past. */
export interface StepMatch {
  readonly step: bigint;
  readonly offset: number;
}

const LAST_COUNTER = 2n ** 64n - 1n;

/**
 * Looks for a passcode at the counters `from` to `from + window` (RFC 4226 section 7.2); null when
 * none of them gives it. The whole window is walked every time, so that the time taken does not
 * tell where, or whether, it matched.
 */
export function verifyCounter(input: {
  readonly passcode: string;
  readonly passcodeAt: PasscodeAt;
  readonly from: bigint;
  readonly window: number;
}): CounterMatch | null {
  const { passcode, passcodeAt, from, window } = input;
  let found: CounterMatch | null = null;
  for (let offset = 0; offset <= window; offset++) {
    const counter = from + BigInt(offset);
    if (counter > LAST_COUNTER) break;
    const isMatch = equalPasscodes(passcode, passcodeAt(counter));
    if (isMatch) found ??= { counter, offset };
  }
  return found;
}

/**
 * Looks for a passcode at the time steps around `step + drift`, up to `window` to either side (RFC
 * 6238 section 5.2), nearest first; null when none gives it. `drift` is what is known of the other
 * clock, in steps; offsets are counted from `step`.
 */
export function verifyTime(input: {
  readonly passcode: string;
  readonly passcodeAt: PasscodeAt;
  readonly step: bigint;
  readonly window: number;
  readonly drift?: number;
}): StepMatch | null {
  const { passcode, passcodeAt, step, window, drift = 0 } = input;
  let found: StepMatch | null = null;
  for (const distance of nearestFirst(window)) {
    const offset = drift + distance;
    const candidate = step + BigInt(offset);
    if (candidate < 0n || candidate > LAST_COUNTER) continue;
    const isMatch = equalPasscodes(passcode, passcodeAt(candidate));
    if (isMatch) found ??= { step: candidate, offset };
  }
  return found;
}

/**
 * The counter after the given passcode, or after two consecutive ones (RFC 4226 section 7.4),
 * searched from `from` on; null when they do not occur in the window.
 */
export function resynchronize(input: {
  readonly first: string;
  readonly second: string | null;
  readonly passcodeAt: PasscodeAt;
  readonly from: bigint;
  readonly window: number;
}): bigint | null {
  const { first, second, passcodeAt, from, window } = input;
  let next: bigint | null = null;
  let isFirstAtPrevious = false;
  for (let offset = 0; offset <= window; offset++) {
    const counter = from + BigInt(offset);
    if (counter >= LAST_COUNTER) break;
    const passcode = passcodeAt(counter);
    const isFirst = equalPasscodes(first, passcode);
    const isHit = second === null ? isFirst : isFirstAtPrevious && equalPasscodes(second, passcode);
    if (isHit) next ??= counter + 1n;
    isFirstAtPrevious = isFirst;
  }
  return next;
}

/** Whether two passcodes are the same, in a time that depends on their lengths alone. */
export function equalPasscodes(a: string, b: string): boolean {
  const [bytesOfA, bytesOfB] = [Buffer.from(a), Buffer.from(b)];
  return bytesOfA.length === bytesOfB.length && timingSafeEqual(bytesOfA, bytesOfB);
}

function* nearestFirst(window: number): Generator<number> {
  yield 0;
  for (let distance = 1; distance <= window; distance++) {
    yield distance;
    yield -distance;
  }
}
