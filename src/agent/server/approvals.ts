import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { oneAtATime } from "#base/one-at-a-time.ts";
import { denied, isUnasked } from "#vault/pins/approval.ts";
import type { TokenUse } from "#vault/pins/pin-prompt.ts";
import type { AskingClaims } from "./agent-services.ts";

/** The program that wants to use a token. */
export interface AskingProgram {
  /** Equal for every process of the same program; null for an unknown one. */
  readonly key: string | null;
  /** Its path and the names of its parents, for people; null where the system does not tell. */
  readonly origin: string | null;
  /** Whether it is fob itself, at a terminal. */
  readonly isOwnTerminal: boolean;
}

/** What a person is asked. */
export interface ApprovalQuestion {
  readonly use: TokenUse;
  readonly program: AskingProgram;
  /** How often this program asked for this token in the last hour; null where it is unknown. */
  readonly lastHour: number | null;
}

/** What a person answers; `while`: this program may use this token for five minutes. */
export type ApprovalAnswer = "once" | "while" | "deny";

/** Asks a person. Throws FobError `denied` where nobody can be asked. */
export type AskPerson = (question: ApprovalQuestion, end: AbortSignal) => Promise<ApprovalAnswer>;

/** How long "approve for five minutes" holds, in milliseconds. */
const WHILE_MS = 5 * 60_000;

/** How long a program that was denied is denied without a question, in milliseconds. */
const QUIET_MS = 30_000;

const HOUR_MS = 3_600_000;

/** How many uses may wait for a person, the one that is asked about included. */
const MAX_ASKING = 32;

/** How many of them may be of one program: others have a place then. */
const MAX_OF_PROGRAM = 8;

/** How many uses may wait until it is known which program asks. */
const MAX_SEARCHES = 1_000;

/** How many programs and tokens are remembered; the oldest are forgotten first. */
const MAX_KNOWN = 256;

/** How many times of uses are counted for one program and token. */
const MAX_COUNTED = 1_000;

interface Known {
  allowedUntil: number;
  deniedUntil: number;
  /** When it asked, within the last hour. */
  times: number[];
}

/**
 * Asks a person before tokens are used: one question at a time. A denial answers what the same
 * program has waiting, and what it asks in the next half minute.
 */
export class Approvals {
  readonly #ask: AskPerson;
  /** In milliseconds, of a clock that nobody sets back. */
  readonly #clock: () => number;
  readonly #known = new Map<string, Known>();
  readonly #questions = oneAtATime(MAX_ASKING, tooMany);
  /** How many uses wait for a person, by the key of their program. */
  readonly #waiting = new Map<string | null, number>();
  #searches = 0;

  constructor(ask: AskPerson, clock: () => number) {
    this.#ask = ask;
    this.#clock = clock;
  }

  /**
   * Returns when a person agrees, or need not be asked, as fob says at its own terminal.
   * `findProgram` says which program asks. Throws FobError `denied`; `locked` for a client that
   * wants no question.
   */
  async approve(
    use: TokenUse,
    { asked, typed = false, quick }: AskingClaims,
    findProgram: () => Promise<AskingProgram>,
    end: AbortSignal,
  ): Promise<void> {
    const program = await this.#search(use, findProgram, end);
    const isByTyping = typed && isUnasked(use, { atTerminal: "typing" });
    if (program.isOwnTerminal && (asked || isByTyping)) {
      if (asked) use.onAsk?.();
      return;
    }
    if (quick) throw new FobError("locked", t`a person is asked before ${use.token.name} is used`);
    await this.#inTurn(use, program, end);
  }

  async #search(
    use: TokenUse,
    findProgram: () => Promise<AskingProgram>,
    end: AbortSignal,
  ): Promise<AskingProgram> {
    if (end.aborted) throw denied(use);
    if (this.#searches >= MAX_SEARCHES) throw tooMany();
    this.#searches++;
    try {
      return await findProgram();
    } finally {
      this.#searches--;
    }
  }

  async #inTurn(use: TokenUse, program: AskingProgram, end: AbortSignal): Promise<void> {
    const known = this.#knownOf(use, program);
    const lastHour = this.#count(known);
    if (this.#decided(known, use)) return;
    const waiting = this.#waiting.get(program.key) ?? 0;
    if (waiting >= MAX_OF_PROGRAM) throw tooMany();
    this.#waiting.set(program.key, waiting + 1);
    try {
      await this.#questions(async () => {
        if (end.aborted) throw denied(use);
        if (this.#decided(known, use)) return;
        await this.#question({ use, program, lastHour }, known, end);
      });
    } finally {
      this.#leave(program.key);
    }
  }

  #leave(key: string | null): void {
    const others = (this.#waiting.get(key) ?? 0) - 1;
    if (others > 0) this.#waiting.set(key, others);
    else this.#waiting.delete(key);
  }

  async #question(question: ApprovalQuestion, known: Known, end: AbortSignal): Promise<void> {
    const answer = await this.#ask(question, end);
    question.use.onAsk?.();
    const now = this.#clock();
    if (answer === "while" && question.program.key !== null) known.allowedUntil = now + WHILE_MS;
    if (answer !== "deny") return;
    // a question that ended with its client is no answer of a person
    if (!end.aborted) known.deniedUntil = now + QUIET_MS;
    throw denied(question.use);
  }

  /** Whether an earlier answer allows the use. Throws FobError `denied` where one forbids it. */
  #decided({ allowedUntil, deniedUntil }: Known, use: TokenUse): boolean {
    const now = this.#clock();
    if (now < deniedUntil) throw denied(use);
    return now < allowedUntil;
  }

  #count(known: Known): number {
    const now = this.#clock();
    const before = known.times.filter((time) => now - time < HOUR_MS);
    known.times = [...before, now].slice(-MAX_COUNTED);
    return before.length;
  }

  #knownOf({ token, grantLabel }: TokenUse, { key }: AskingProgram): Known {
    const name = JSON.stringify([key, grantLabel, token.id]);
    const known = this.#known.get(name) ?? { allowedUntil: 0, deniedUntil: 0, times: [] };
    this.#known.delete(name);
    this.#known.set(name, known);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_KNOWN && oldest !== undefined) this.#known.delete(oldest);
    return known;
  }
}

function tooMany(): FobError {
  return new FobError("denied", t("too many questions wait for a person already"));
}
