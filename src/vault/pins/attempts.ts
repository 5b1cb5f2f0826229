import { FobError } from "#base/fob-error.ts";
import { plural, t } from "#base/language.ts";
import { lifeOf, type ProcessIdentity } from "#base/process-identity.ts";
import { writtenByNewer } from "#token/newer.ts";
import type { Secret } from "#token/secret.ts";
import { type Cell, readCell, updateCell } from "#vault/cells/cell.ts";
import { attemptsCell, type VaultLayout } from "#vault/cells/layout.ts";
import { deriveKey } from "#vault/keys/keys.ts";
import { isNoFolder, removeFolder, setAside } from "./attempts-folder.ts";

/**
 * The version of the cell's value that this program writes; a plain number is the version before.
 */
const VERSION = 2;

/** The value of a damaged cell: not a value of any version. */
const DAMAGED = Buffer.from("damaged");

/** The maximum number of unfinished guesses in a valid file. */
const MAX_UNDER_WAY = 64;

/** The cell that counts the wrong guesses at one PIN. */
export interface Attempts {
  readonly of: "app" | "token";
  readonly cell: Cell;
  /** The cell of earlier versions. */
  readonly former: Cell | null;
}

/**
 * A guess that was recorded and is not finished: its PIN is being checked, or its process was
 * killed.
 */
export interface NotedGuess extends ProcessIdentity {
  readonly nonce: string;
  /**
   * Whether a right PIN was given after it began, while it was unknown whether its process still
   * ran.
   */
  readonly isForgiven: boolean;
}

/**
 * Why `wrong` may be too high: the file was damaged, or unfinished guesses of killed processes were
 * counted. A doubtful count locks the PIN, but must not wipe the token. Null when it is certain.
 */
type Doubt = "damaged" | "unseen" | null;

/** The guesses at one PIN since the last right one. */
export interface AttemptsState {
  /** How many were wrong, or their process was killed. */
  readonly wrong: number;
  readonly underWay: readonly NotedGuess[];
  readonly doubt: Doubt;
}

/** The counter of the app PIN. */
export function attemptsOfApp(layout: VaultLayout): Attempts {
  return { of: "app", cell: readable(attemptsCell(layout, "app")), former: null };
}

/**
 * The counter of a token's PIN. Its name is derived with the vault key, so that it does not reveal
 * the token.
 */
export function attemptsOfToken(
  { layout, vaultKey }: { readonly layout: VaultLayout; readonly vaultKey: Secret },
  id: string,
): Attempts {
  const name = deriveKey(vaultKey, id, "attempts name").toString("hex", 0, 16);
  return {
    of: "token",
    cell: readable(attemptsCell(layout, name)),
    former: readable(attemptsCell(layout, id)),
  };
}

/** How many guesses at a PIN were wrong in a row. `limit` is the number that its policy allows. */
export function failedAttempts(attempts: Attempts, limit: number): number {
  return settle(decode(read(attempts), limit)).wrong;
}

/**
 * Replaces the state by `change(state)`, durably and exactly once; `change` may be called again
 * with a newer state. When it returns the same state, nothing is written.
 */
export function updateAttempts(
  attempts: Attempts,
  limit: number,
  change: (state: AttemptsState) => AttemptsState,
): void {
  const isInTheWay = isNoFolder(attempts.cell);
  if (isInTheWay) setAside(attempts.cell);
  const written = updateCell(attempts.cell, (current) => {
    const before = decode(current ?? (isInTheWay ? DAMAGED : readFormer(attempts)), limit);
    const after = change(before);
    return after === before ? null : encode(after);
  });
  if (written !== null && attempts.former) removeFolder(attempts.former);
}

/** Resets the count after a right or a new PIN. Unfinished guesses stay. */
export function clearAttempts(attempts: Attempts): void {
  updateAttempts(attempts, 1, (state) =>
    state.wrong === 0 && state.underWay.length === 0 && state.doubt === null
      ? state
      : cleared(state),
  );
}

/** Removes the counter of a token that is removed for good. */
export function removeAttempts({ cell, former }: Attempts): void {
  removeFolder(cell);
  if (former) removeFolder(former);
}

/** Whether the number of wrong guesses is unknown because the files are damaged. */
export function isDamaged(attempts: Attempts): boolean {
  return decode(read(attempts), 1).doubt === "damaged";
}

/** Moves the files away, for later inspection, and resets the count. */
export function setAttemptsAside({ cell, former }: Attempts): void {
  setAside(cell);
  if (former) setAside(former);
}

/** Counts guesses whose process has certainly ended as wrong. */
export function settle(state: AttemptsState): AttemptsState {
  return countUnseen(
    state,
    state.underWay.filter((guess) => lifeOf(guess) === "dead"),
  );
}

/**
 * Counts guesses as wrong that may have been right, because their process was killed. They may
 * lock, so that killing a process does not give another guess, but they must not wipe.
 */
export function countUnseen(state: AttemptsState, guesses: readonly NotedGuess[]): AttemptsState {
  const after = guesses.reduce(countAsWrong, state);
  return after.wrong === state.wrong ? after : { ...after, doubt: after.doubt ?? "unseen" };
}

/** Counts an unfinished guess as wrong, unless another process has counted it already. */
export function countAsWrong(state: AttemptsState, guess: NotedGuess): AttemptsState {
  const noted = state.underWay.find(({ nonce }) => nonce === guess.nonce);
  if (!noted) return state;
  return { ...without(state, noted), wrong: state.wrong + (noted.isForgiven ? 0 : 1) };
}

/** Removes a guess that was not made. */
export function without(state: AttemptsState, { nonce }: NotedGuess): AttemptsState {
  const underWay = state.underWay.filter((guess) => guess.nonce !== nonce);
  return underWay.length === state.underWay.length ? state : { ...state, underWay };
}

/**
 * Resets the count after a right PIN. Guesses of dead processes are removed; those of unknown
 * processes will not count when the process turns out to be dead.
 */
export function cleared(state: AttemptsState): AttemptsState {
  const underWay = state.underWay.flatMap((guess) => {
    const life = lifeOf(guess);
    return life === "dead" ? [] : [life === "unknown" ? { ...guess, isForgiven: true } : guess];
  });
  return { wrong: 0, underWay, doubt: null };
}

/** The error for a PIN with too many wrong guesses. */
export function lockedError({ of }: Attempts, limit: number): FobError {
  return of === "app"
    ? new FobError("locked", t`the app PIN is locked after ${plural(limit, "wrong attempt")}`, {
        hint: t("the recovery code that `fob pin set` showed opens the vault in place of the PIN"),
      })
    : new FobError("locked", t`this token is locked after ${plural(limit, "wrong PIN")}`, {
        hint: t("a new enrollment is the way out: ask its issuer, then `fob enroll --replace`"),
      });
}

/** Gives a damaged cell a value, so that the vault or token can still be opened. */
function readable(cell: Cell): Cell {
  return { ...cell, whenDamaged: DAMAGED };
}

function read(attempts: Attempts): Buffer | null {
  return isNoFolder(attempts.cell) ? DAMAGED : (readCell(attempts.cell) ?? readFormer(attempts));
}

function readFormer({ former }: Attempts): Buffer | null {
  if (!former) return null;
  return isNoFolder(former) ? DAMAGED : readCell(former);
}

/** Encodes as a plain number if possible, which earlier versions can read. */
function encode({ wrong, underWay, doubt }: AttemptsState): Buffer {
  const isPlain = underWay.length === 0 && doubt === null;
  return Buffer.from(
    isPlain ? String(wrong) : JSON.stringify({ version: VERSION, wrong, underWay, doubt }),
  );
}

/**
 * Decodes the cell's value. Damaged data leaves one attempt: the right PIN still opens, and
 * damaging the file gives an attacker only one guess. Throws FobError `invalid` for a newer
 * version.
 */
function decode(value: Buffer | null, limit: number): AttemptsState {
  if (value === null) return { wrong: 0, underWay: [], doubt: null };
  const text = value.toString();
  if (/^[0-9]{1,15}$/.test(text)) return { wrong: Number(text), underWay: [], doubt: null };
  return parse(text) ?? { wrong: limit - 1, underWay: [], doubt: "damaged" };
}

function parse(text: string): AttemptsState | null {
  const json = parseJson(text);
  if (!isObject(json)) return null;
  const { version, wrong, underWay, doubt } = json;
  if (Number.isInteger(version) && Number(version) > VERSION)
    throw writtenByNewer(t("the count of wrong PINs"));
  const isRight =
    version === VERSION &&
    isCount(wrong) &&
    isDoubt(doubt) &&
    Array.isArray(underWay) &&
    underWay.length <= MAX_UNDER_WAY &&
    underWay.every(isNotedGuess);
  return isRight ? { wrong, underWay, doubt } : null;
}

function isNotedGuess(value: unknown): value is NotedGuess {
  if (!isObject(value)) return false;
  const { pid, started, place, nonce, isForgiven } = value;
  const areTexts = [started, place, nonce].every((text) => typeof text === "string");
  return isCount(pid) && pid > 0 && areTexts && typeof isForgiven === "boolean";
}

function isDoubt(value: unknown): value is Doubt {
  return value === null || value === "damaged" || value === "unseen";
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // the caller treats it as damaged
    return null;
  }
}
