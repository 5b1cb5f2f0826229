import { timingSafeEqual } from "node:crypto";
import { countersFrom, offsetsIn, type Window } from "./window.ts";

/** Computes the passcode of a counter or time step. */
export type PasscodeAt = (counter: bigint) => string;

/**
 * The offset of the counter in a window that gives a passcode, the nearest of several; null when
 * there is none. Every counter of the window is tried every time, so that the time taken does not
 * reveal the match.
 */
export function findOffset(
  passcode: string,
  passcodeAt: PasscodeAt,
  window: Window,
): number | null {
  let found: number | null = null;
  for (const offset of offsetsIn(window)) {
    const isMatch = equalPasscodes(passcode, passcodeAt(window.origin + BigInt(offset)));
    if (isMatch) found ??= offset;
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
  for (const offset of offsetsIn(countersFrom(from, window))) {
    const counter = from + BigInt(offset);
    const passcode = passcodeAt(counter);
    const isFirst = equalPasscodes(first, passcode);
    const isHit = second === null ? isFirst : isFirstAtPrevious && equalPasscodes(second, passcode);
    if (isHit) next ??= counter + 1n;
    isFirstAtPrevious = isFirst;
  }
  return next;
}

/** Whether two passcodes are equal, compared in a time that depends only on their lengths. */
export function equalPasscodes(a: string, b: string): boolean {
  const [bytesOfA, bytesOfB] = [Buffer.from(a), Buffer.from(b)];
  return bytesOfA.length === bytesOfB.length && timingSafeEqual(bytesOfA, bytesOfB);
}
