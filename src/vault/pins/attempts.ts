import { randomBytes } from "node:crypto";
import { renameSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { syncFolder } from "#base/durable-file.ts";
import { describeFileError } from "#base/file-error.ts";
import { FobError } from "#base/fob-error.ts";
import { plural, t } from "#base/language.ts";
import { lifeOf, type ProcessIdentity } from "#base/process-identity.ts";
import { writtenByNewer } from "#token/newer.ts";
import type { Secret } from "#token/secret.ts";
import { type Cell, readCell, updateCell } from "#vault/cells/cell.ts";
import { attemptsCell, type VaultLayout } from "#vault/cells/layout.ts";
import { deriveKey } from "#vault/keys/keys.ts";

/** The version of the cell's value that this program writes; a number alone is the one before. */
const VERSION = 2;

/** What is read where the files are damaged: no value of any version. */
const DAMAGED = Buffer.from("damaged");

/** More guesses than this are never under way at once, whatever the file says. */
const MAX_UNDER_WAY = 64;

/** Where the guesses at one PIN are counted. */
export interface Attempts {
  readonly of: "app" | "token";
  readonly cell: Cell;
  /** Where earlier versions counted them. */
  readonly former: Cell | null;
}

/**
 * A guess that was noted and is not finished: its PIN is being checked, or its process was killed.
 */
export interface NotedGuess extends ProcessIdentity {
  readonly nonce: string;
  /**
   * Whether a right PIN was given since it began, and nobody could say whether its process still
   * ran.
   */
  readonly isForgiven: boolean;
}

/**
 * Why `wrong` may be too high: the file was damaged, or guesses were counted that nobody saw to be
 * wrong, because their process was killed. Such a count locks, but it must not wipe. Null where it
 * is sure.
 */
type Doubt = "damaged" | "unseen" | null;

/** What is known of the guesses at one PIN since the last right one. */
export interface AttemptsState {
  /** How many were finished and wrong, or were killed. */
  readonly wrong: number;
  readonly underWay: readonly NotedGuess[];
  readonly doubt: Doubt;
}

/** Where guesses at the app PIN are counted. */
export function attemptsOfApp(layout: VaultLayout): Attempts {
  return { of: "app", cell: readable(attemptsCell(layout, "app")), former: null };
}

/**
 * Where guesses at a token's PIN are counted, under a name that tells its token only with the vault
 * key.
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

/** How many guesses at a PIN were wrong in a row. `limit` is how many its policy allows. */
export function failedAttempts(attempts: Attempts, limit: number): number {
  return settle(decode(read(attempts), limit)).wrong;
}

/**
 * Replaces the state of an {@link Attempts} by `change(state)`, durably and exactly once; `change`
 * may be asked again with a newer state, and nothing is written where it returns the state that it
 * was given.
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

/** Forgets the wrong guesses, after a right PIN or a new one. Those under way stay. */
export function clearAttempts(attempts: Attempts): void {
  updateAttempts(attempts, 1, (state) =>
    state.wrong === 0 && state.underWay.length === 0 && state.doubt === null
      ? state
      : cleared(state),
  );
}

/** Removes the count, with a token that is gone for good. */
export function removeAttempts({ cell, former }: Attempts): void {
  removeFolder(cell);
  if (former) removeFolder(former);
}

/** Whether the files do not say how many guesses were wrong. */
export function isDamaged(attempts: Attempts): boolean {
  return decode(read(attempts), 1).doubt === "damaged";
}

/**
 * Moves the files out of the way; they may still tell somebody something. All guesses are
 * forgotten.
 */
export function setAttemptsAside({ cell, former }: Attempts): void {
  setAside(cell);
  if (former) setAside(former);
}

/** The state in which guesses whose process has certainly ended count as wrong. */
export function settle(state: AttemptsState): AttemptsState {
  return countUnseen(
    state,
    state.underWay.filter((guess) => lifeOf(guess) === "dead"),
  );
}

/**
 * The state in which guesses count as wrong though nobody saw that they were: a process was killed
 * over a right PIN, perhaps. They may lock, so that killing wins no guess, but they must not wipe.
 */
export function countUnseen(state: AttemptsState, guesses: readonly NotedGuess[]): AttemptsState {
  const after = guesses.reduce(countAsWrong, state);
  return after.wrong === state.wrong ? after : { ...after, doubt: after.doubt ?? "unseen" };
}

/**
 * The state in which a guess that is under way was wrong. Nothing changes where somebody else has
 * counted it.
 */
export function countAsWrong(state: AttemptsState, guess: NotedGuess): AttemptsState {
  const noted = state.underWay.find(({ nonce }) => nonce === guess.nonce);
  if (!noted) return state;
  return { ...without(state, noted), wrong: state.wrong + (noted.isForgiven ? 0 : 1) };
}

/** The state in which a guess was never made. */
export function without(state: AttemptsState, { nonce }: NotedGuess): AttemptsState {
  const underWay = state.underWay.filter((guess) => guess.nonce !== nonce);
  return underWay.length === state.underWay.length ? state : { ...state, underWay };
}

/**
 * The state after a right PIN. What was killed before it counts no more; what may have been killed
 * will not count when that is found out.
 */
export function cleared(state: AttemptsState): AttemptsState {
  const underWay = state.underWay.flatMap((guess) => {
    const life = lifeOf(guess);
    return life === "dead" ? [] : [life === "unknown" ? { ...guess, isForgiven: true } : guess];
  });
  return { wrong: 0, underWay, doubt: null };
}

/** What a PIN that was guessed at too often says. */
export function lockedError({ of }: Attempts, limit: number): FobError {
  return of === "app"
    ? new FobError("locked", t`the app PIN is locked after ${plural(limit, "wrong attempt")}`, {
        hint: t("the recovery code that `fob pin set` showed opens the vault in place of the PIN"),
      })
    : new FobError("locked", t`this token is locked after ${plural(limit, "wrong PIN")}`, {
        hint: t("a new enrollment is the way out: ask its issuer, then `fob enroll --replace`"),
      });
}

/** Damaged files have a value, so that they lock nobody out. */
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

/** Whether something else lies where the cell's folder belongs, or the folder of all of them. */
function isNoFolder({ folder }: Cell): boolean {
  return isFile(dirname(folder)) || isFile(folder);
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === false;
}

function setAside({ folder }: Cell): void {
  const all = dirname(folder);
  const place = dirname(all);
  const damaged = isFile(all) ? all : folder;
  if (!statSync(damaged, { throwIfNoEntry: false })) return;
  try {
    renameSync(damaged, join(place, `damaged-attempts-${randomBytes(4).toString("hex")}`));
    syncFolder(place);
  } catch (error) {
    throw describeFileError(error, "move", folder);
  }
}

function removeFolder({ folder }: Cell): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    // it stays and counts no more: nothing reads it, and the next write tries again
  }
}

/** A number alone where no more is known, which earlier versions can read. */
function encode({ wrong, underWay, doubt }: AttemptsState): Buffer {
  const isPlain = underWay.length === 0 && doubt === null;
  return Buffer.from(
    isPlain ? String(wrong) : JSON.stringify({ version: VERSION, wrong, underWay, doubt }),
  );
}

/**
 * What was not written by us leaves one attempt: the right PIN opens, and a file that somebody
 * damages gives no more guesses than one. Throws FobError `invalid` for the value of a newer
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
    // no object: the caller takes it for damaged
    return null;
  }
}
