import { randomBytes } from "node:crypto";
import { whenEnding } from "#base/ending.ts";
import { FobError, stoppedByPerson } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { lifeOf, thisProcess } from "#base/process-identity.ts";
import {
  type Attempts,
  type AttemptsState,
  cleared,
  countAsWrong,
  countUnseen,
  lockedError,
  type NotedGuess,
  settle,
  updateAttempts,
  without,
} from "./attempts.ts";

/** How many guesses at one PIN are checked at the same time: scrypt takes 128 MiB for each. */
const AT_ONCE = 8;

/** How often a waiting guess checks again, in milliseconds. */
const POLL_MS = 40;

/**
 * How long a guess waits for another one that does not finish, in milliseconds on a monotonic
 * clock.
 */
const PATIENCE_MS = 60_000;

/** One guess at a PIN. */
export interface Guess<T> {
  /** How many wrong guesses in a row the PIN's policy allows. */
  readonly limit: number;
  /**
   * Returns what the PIN opens, or null when it is wrong. When it throws, the guess does not count.
   */
  check(): Promise<T | null>;
  /** Called when the wrong guesses have reached the limit and their number is certain. */
  atLimit?(): void;
  readonly patienceMs?: number;
}

/** What the guess has opened, or the number of guesses that are left. */
export type Verdict<T> =
  | { readonly opened: T }
  | { readonly opened: null; readonly attemptsLeft: number };

/**
 * Checks a PIN and counts a wrong one. The guess is recorded durably before the check, so that
 * killing the process does not give a free guess; a process that ends in the normal way removes the
 * record. While wrong and unfinished guesses together reach the limit, it waits: no more wrong PINs
 * than the limit are ever checked, and a right one does not count.
 *
 * Throws FobError `locked` when the limit was reached, `unavailable` when a guess of a stopped
 * process blocks this one.
 */
export async function judge<T>(attempts: Attempts, guess: Guess<T>): Promise<Verdict<T>> {
  const own: NotedGuess = {
    ...thisProcess(),
    nonce: randomBytes(8).toString("hex"),
    isForgiven: false,
  };
  let isOver = false;
  const takeBack = () => {
    if (isOver) return;
    isOver = true;
    updateAttempts(attempts, guess.limit, (state) => without(state, own));
  };
  const done = whenEnding(takeBack);
  try {
    await begin(attempts, own, guess, () => isOver);
    const opened = await guess.check();
    refuseEnded(isOver);
    isOver = true;
    return opened === null
      ? finishWrong(attempts, own, guess)
      : finishRight(attempts, own, guess, opened);
  } catch (error) {
    quietly(takeBack);
    throw error;
  } finally {
    done();
  }
}

/** Records the guess, when the limit allows it. */
async function begin<T>(
  attempts: Attempts,
  own: NotedGuess,
  { limit, atLimit, patienceMs = PATIENCE_MS }: Guess<T>,
  isEnded: () => boolean,
): Promise<void> {
  const watch = new Watch(patienceMs);
  for (;;) {
    const next = note(attempts, own, { limit, watch });
    if (next.step === "begun") return;
    if (next.step === "locked") {
      if (next.state.doubt === null) atLimit?.();
      throw lockedError(attempts, limit);
    }
    watch.refuseStopped(next.state.underWay);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS * (0.5 + Math.random())));
    refuseEnded(isEnded());
  }
}

/** The result of an attempt to record a guess. */
interface Next {
  readonly step: "begun" | "wait" | "locked";
  readonly state: AttemptsState;
}

function note(
  attempts: Attempts,
  own: NotedGuess,
  { limit, watch }: { limit: number; watch: Watch },
): Next {
  let next: Next | null = null;
  updateAttempts(attempts, limit, (before) => {
    const state = watch.giveUp(settle(before));
    const { wrong, underWay } = state;
    // already recorded by this process, which could not confirm its write
    if (underWay.some(({ nonce }) => nonce === own.nonce)) next = { step: "begun", state };
    else if (wrong >= limit) next = { step: "locked", state };
    else if (wrong + underWay.length >= limit || underWay.length >= AT_ONCE)
      next = { step: "wait", state };
    else {
      next = { step: "begun", state };
      return { ...state, underWay: [...underWay, own] };
    }
    return state;
  });
  if (!next) throw new Error("the state of the attempts was not read");
  return next;
}

function finishRight<T>(
  attempts: Attempts,
  own: NotedGuess,
  { limit }: Guess<T>,
  opened: T,
): Verdict<T> {
  let isLocked = false;
  updateAttempts(attempts, limit, (state) => {
    const isNoted = state.underWay.some(({ nonce }) => nonce === own.nonce);
    // another process has waited too long for this one, and counted its guess
    isLocked = !isNoted && state.wrong >= limit;
    return isLocked ? state : cleared(without(state, own));
  });
  if (isLocked) throw lockedError(attempts, limit);
  return { opened };
}

function finishWrong<T>(
  attempts: Attempts,
  own: NotedGuess,
  { limit, atLimit }: Guess<T>,
): Verdict<T> {
  let after: AttemptsState | null = null;
  updateAttempts(attempts, limit, (state) => {
    after = countAsWrong(state, own);
    return after;
  });
  const { wrong, doubt } = after ?? { wrong: limit, doubt: "unseen" };
  if (wrong >= limit && doubt === null) atLimit?.();
  return { opened: null, attemptsLeft: Math.max(0, limit - wrong) };
}

/** Measures for how long this process has seen the guesses of others. */
class Watch {
  readonly #patienceMs: number;
  readonly #seenAt = new Map<string, number>();

  constructor(patienceMs: number) {
    this.#patienceMs = patienceMs;
  }

  /** Counts late guesses as wrong if it is unknown whether their process runs. */
  giveUp(state: AttemptsState): AttemptsState {
    return countUnseen(
      state,
      state.underWay.filter((guess) => this.#isLate(guess) && lifeOf(guess) === "unknown"),
    );
  }

  /**
   * Throws FobError `unavailable` when all unfinished guesses are late, and their processes are
   * running.
   */
  refuseStopped(underWay: readonly NotedGuess[]): void {
    if (underWay.length === 0 || !underWay.every((guess) => this.#isLate(guess))) return;
    const pids = underWay.map(({ pid }) => pid).join(", ");
    throw new FobError(
      "unavailable",
      t`another process (${pids}) has begun to check a PIN and does not go on`,
      {
        hint: t("let it go on, or end it; this PIN was not looked at"),
      },
    );
  }

  #isLate({ nonce }: NotedGuess): boolean {
    const now = performance.now();
    const seenAt = this.#seenAt.get(nonce) ?? now;
    this.#seenAt.set(nonce, seenAt);
    return now - seenAt >= this.#patienceMs;
  }
}

function refuseEnded(isEnded: boolean): void {
  if (isEnded) throw stoppedByPerson();
}

function quietly(work: () => void): void {
  try {
    work();
  } catch {
    // the first error is the one to report; the recorded guess counts once this process has ended
  }
}
