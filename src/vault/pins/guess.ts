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

/** How many guesses at one PIN are checked at once at most: scrypt takes 128 MiB for each. */
const AT_ONCE = 8;

/** How often a guess that waits for others looks again, in milliseconds. */
const POLL_MS = 40;

/**
 * How long a guess waits for one that does not end, on a clock that only goes forward, in
 * milliseconds.
 */
const PATIENCE_MS = 60_000;

/** One guess at a PIN. */
export interface Guess<T> {
  /** How many wrong guesses in a row the PIN's policy allows. */
  readonly limit: number;
  /** What the PIN opens, or null when it is wrong. Whatever it throws, the guess was not made. */
  check(): Promise<T | null>;
  /** Called when wrong guesses have reached the limit, and nobody doubts their number. */
  atLimit?(): void;
  readonly patienceMs?: number;
}

/** What a guess has opened, or how many more are left. */
export type Verdict<T> =
  | { readonly opened: T }
  | { readonly opened: null; readonly attemptsLeft: number };

/**
 * Checks a PIN and counts it if it is wrong. The guess is noted, durably, before it is checked, so
 * that a process that is killed has not guessed for nothing; whoever ends in order takes it back.
 * While wrong guesses and those under way together reach the limit, it waits: no more wrong PINs
 * than the limit are ever checked, and a right one costs nothing.
 *
 * Throws FobError `locked` when the limit was reached, `unavailable` when a guess of a stopped
 * process stands in the way.
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

/** Notes the guess, as soon as there is room for it. */
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

/** What came of the attempt to note a guess. */
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
    // written by this very process, which could not see that its write counted
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
    // somebody waited too long for this process, and has counted it
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

/** For how long this process has seen the guesses of others. */
class Watch {
  readonly #patienceMs: number;
  readonly #seenAt = new Map<string, number>();

  constructor(patienceMs: number) {
    this.#patienceMs = patienceMs;
  }

  /**
   * The state in which guesses of which nobody can say whether their process runs count as wrong,
   * after a while.
   */
  giveUp(state: AttemptsState): AttemptsState {
    return countUnseen(
      state,
      state.underWay.filter((guess) => this.#isLate(guess) && lifeOf(guess) === "unknown"),
    );
  }

  /**
   * Throws FobError `unavailable` where processes that do run have made no progress for a while.
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
    // what went wrong before is what has to be told; the note counts when this process has ended
  }
}
