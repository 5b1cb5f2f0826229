import { join } from "node:path";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { isDamage, isOfNewer } from "#token/newer.ts";
import { calendarCell, removedFolder } from "#vault/cells/layout.ts";
import { encryptingSeal } from "#vault/cells/sealing.ts";
import type { TokenCounter } from "#vault/chip/chip.ts";
import { indexOf } from "#vault/chip/counting.ts";
import { endExpiredGrants } from "#vault/grants/grants.ts";
import { attemptsOfToken, removeAttempts } from "#vault/pins/attempts.ts";
import { updateRecord } from "#vault/tokens/record-cell.ts";
import type { TokenRecord } from "#vault/tokens/token-record.ts";
import type { Vault } from "#vault/vault.ts";
import { putAside } from "./aside.ts";
import { calendarDamage, havePassed, lookAtClock } from "./calendar.ts";
import { discard, finishDiscarding } from "./discarding.ts";
import {
  absorbDouble,
  isInUse,
  RESTORABLE_DAYS,
  readRemoved,
  removedCell,
  removedIds,
} from "./removal.ts";

/**
 * Updates the calendar and deletes removed tokens after their 30 days. Damaged ones stay, and do
 * not stop the deletion of others. Throws FobError where the folder or the calendar cannot be used;
 * nothing is deleted then. Returns the counters of the chip that it had for deleted tokens.
 */
export function emptyTrash(vault: Vault, now: Date): readonly TokenCounter[] {
  const ids = removedIds(vault);
  if (ids.length === 0) return [];
  const { vouched, moved } = lookAtClock(vault, now);
  // without a calendar update no token can have become due
  if (!moved) return [];
  finishDiscarding(removedFolder(vault.layout));
  const gone = ids.map((id) => letGo(vault, id, now, vouched)).filter((record) => record !== null);
  return gone.flatMap(({ held }) => held?.counter ?? []);
}

/**
 * {@link emptyTrash} and {@link endExpiredGrants} after a command has succeeded. Does not throw:
 * returns a warning for the user where it failed.
 */
export async function emptyTrashQuietly(vault: Vault, now: Date): Promise<string | null> {
  let counters: readonly TokenCounter[] = [];
  const ofTokens = reasonWhyNot(vault, () => {
    counters = emptyTrash(vault, now);
  });
  await removeCounters(vault, counters);
  const ofGrants = reasonWhyNot(vault, () => endExpiredGrants(vault, now));
  if (ofTokens !== null) return t`warning: removed tokens could not be looked through: ${ofTokens}`;
  return ofGrants && t`warning: expired grants could not be looked through: ${ofGrants}`;
}

/** What the chip keeps because it cannot be reached now, `fob doctor` names. */
async function removeCounters(vault: Vault, counters: readonly TokenCounter[]): Promise<void> {
  try {
    for (const counter of counters) await vault.chip().removeCounter(indexOf(counter));
  } catch (error) {
    if (!(error instanceof FobError)) throw error;
  }
}

function reasonWhyNot(vault: Vault, work: () => void): string | null {
  try {
    work();
    return null;
  } catch (error) {
    if (!(error instanceof FobError)) throw error;
    // `fob doctor` reports and repairs these; only an unreadable folder is reported at once
    const isFolder =
      (error.cause as NodeJS.ErrnoException | undefined)?.path === removedFolder(vault.layout);
    return isDamage(error) && !isFolder ? null : error.message;
  }
}

/** Returns the record of a token that was deleted, or null. */
function letGo(vault: Vault, id: string, now: Date, vouched: number): TokenRecord | null {
  const record = readRemoved(vault, id);
  if (!record || !("token" in record) || !record.removedAt) return null;
  const { removedAt, vouchedAtRemoval } = record;
  // removed by an older fob, or under a lost calendar: its 30 days begin now
  if (vouchedAtRemoval === null || vouchedAtRemoval > vouched) {
    updateRecord(removedCell(vault, id), id, (before) => ({
      ...before,
      vouchedAtRemoval: vouched,
    }));
  } else if (
    havePassed(RESTORABLE_DAYS, { at: removedAt, vouched: vouchedAtRemoval }, now, vouched)
  ) {
    discard(removedCell(vault, id).folder);
    removeAttempts(attemptsOfToken(vault, id));
    return record;
  }
  return null;
}

/** The damage among the removed tokens. */
export interface TrashDamage {
  /** Why the calendar cannot be read; null when it can. */
  readonly calendar: string | null;
  /** The tokens that cannot be read, with the reason. */
  readonly damaged: readonly { readonly id: string; readonly error: FobError }[];
  /** The ids of tokens that are also in use. */
  readonly doubled: readonly string[];
}

/** Examines the removed tokens. */
export function examineTrash(vault: Vault): TrashDamage {
  const ids = removedIds(vault);
  const damaged = ids.flatMap((id) => {
    const found = readRemoved(vault, id);
    return found instanceof FobError ? [{ id, error: found }] : [];
  });
  return {
    calendar: calendarDamage(vault),
    damaged,
    doubled: ids.filter((id) => isInUse(vault, id)),
  };
}

/**
 * Puts aside what is damaged, and deletes the removed copies of tokens in use. What a newer fob
 * wrote stays.
 */
export function mendTrash(vault: Vault, { calendar, damaged, doubled }: TrashDamage): void {
  const { home } = vault.layout;
  if (calendar !== null)
    putAside(home, calendarCell(vault.layout, encryptingSeal(vault.vaultKey)).folder, "calendar");
  const ofNewer = new Set(damaged.flatMap(({ id, error }) => (isOfNewer(error) ? [id] : [])));
  for (const id of doubled.filter((one) => !ofNewer.has(one))) absorbDouble(vault, id);
  for (const { id } of damaged.filter((one) => !doubled.includes(one.id) && !ofNewer.has(one.id)))
    putAside(home, join(removedFolder(vault.layout), id), id);
}
