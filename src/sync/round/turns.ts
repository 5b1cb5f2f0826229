import { decodeError, type ErrorJson, encodeError } from "#base/error-json.ts";
import { type ErrorCode, FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { ProcessIdentity } from "#base/process-identity.ts";
import { writtenByNewer } from "#token/newer.ts";
import { type Cell, readCell, updateCell } from "#vault/cells/cell.ts";
import { syncTurnCell } from "#vault/cells/layout.ts";
import { encryptingSeal } from "#vault/cells/sealing.ts";
import { isAbandoned, type Processes } from "#vault/tokens/batch.ts";
import type { Vault } from "#vault/vault.ts";

/** What taking turns needs. */
export interface TurnWork {
  readonly vault: Vault;
  readonly processes: Processes;
  /** How long to wait for the round of another process, in milliseconds. */
  readonly patienceMs: number;
  sleep(ms: number): Promise<void>;
  clock(): Date;
}

/** How the last round ended, if it failed. */
export interface RoundFailure {
  readonly at: string;
  readonly error: FobError;
}

/** The process whose round it is, and how the last one failed. Sealed under the vault's key. */
interface Turn {
  readonly process: ProcessIdentity | null;
  readonly since: string;
  readonly failure: { readonly at: string; readonly error: ErrorJson } | null;
}

const VERSION = 1;
const NO_TURN: Turn = { process: null, since: "", failure: null };

/** How often a waiting process looks, in milliseconds. */
const LOOK_AGAIN_MS = 200;

/** The failures of the synchronisation itself; others are those of what was asked for. */
const FAILURES: readonly ErrorCode[] = ["unavailable", "rejected", "denied", "invalid"];

/**
 * Runs a round while no other process of this home is in one: two at once would store an arriving
 * token twice. Remembers how it failed. Throws FobError `unavailable` where another process takes
 * longer than this one waits.
 */
export async function inTurn<T>(work: TurnWork, round: () => Promise<T>): Promise<T> {
  await takeTurn(work);
  try {
    const result = await round();
    endTurn(work, () => null);
    return result;
  } catch (error) {
    endTurn(work, (before) => failureOf(error, work.clock()) ?? before);
    throw error;
  }
}

/** How the last round failed; null when it succeeded, or there was none. */
export function lastFailure(vault: Vault): RoundFailure | null {
  const { failure } = decode(readCell(cellOf(vault)));
  const error = failure && decodeError(failure.error);
  return failure && error ? { at: failure.at, error } : null;
}

async function takeTurn(work: TurnWork): Promise<void> {
  const { vault, processes, patienceMs, sleep, clock } = work;
  const own = processes.own();
  for (let waited = 0; ; waited += LOOK_AGAIN_MS) {
    let isTaken = false;
    updateCell(cellOf(vault), (value) => {
      const turn = decode(value);
      isTaken = isUnderWay(turn, own, work);
      return isTaken ? null : encode({ ...turn, process: own, since: clock().toISOString() });
    });
    if (!isTaken) return;
    if (waited >= patienceMs)
      throw new FobError("unavailable", t("another `fob sync` is at work in this home"));
    await sleep(LOOK_AGAIN_MS);
  }
}

/** A process that has ended has no turn any more, however it ended. */
function isUnderWay(
  { process, since }: Turn,
  own: ProcessIdentity,
  { processes, clock }: TurnWork,
): boolean {
  if (!process || isSame(process, own)) return false;
  return !isAbandoned({ process, begun: Date.parse(since) }, processes, clock().getTime());
}

function endTurn(
  { vault, processes }: TurnWork,
  failure: (before: Turn["failure"]) => Turn["failure"],
): void {
  const own = processes.own();
  try {
    updateCell(cellOf(vault), (value) => {
      const turn = decode(value);
      // another process may have the turn, because it took this one for dead
      const others = turn.process && !isSame(turn.process, own) ? turn : NO_TURN;
      return encode({ ...others, failure: failure(turn.failure) });
    });
  } catch {
    // a full disk: the turn ends with this process, or with its next round
  }
}

function isSame(one: ProcessIdentity, other: ProcessIdentity): boolean {
  return one.pid === other.pid && one.started === other.started && one.place === other.place;
}

function failureOf(error: unknown, now: Date): Turn["failure"] {
  return error instanceof FobError && FAILURES.includes(error.code)
    ? { at: now.toISOString(), error: encodeError(error) }
    : null;
}

function encode(turn: Turn): Buffer {
  return Buffer.from(JSON.stringify({ version: VERSION, turn }));
}

function decode(value: Buffer | null): Turn {
  if (!value) return NO_TURN;
  const { version, turn } = JSON.parse(value.toString("utf8"));
  if (version > VERSION) throw writtenByNewer(t("the state of the synchronisation"));
  return turn;
}

/** A damaged turn counts as free: a process that has one has written it just now. */
function cellOf({ layout, vaultKey }: Vault): Cell {
  return { ...syncTurnCell(layout, encryptingSeal(vaultKey)), whenDamaged: encode(NO_TURN) };
}
