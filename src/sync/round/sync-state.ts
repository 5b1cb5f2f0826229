import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { DeviceKeys } from "#sync/keys/device-keys.ts";
import type { SeenHead } from "#sync/members/head.ts";
import type { Invitation } from "#sync/members/invitation.ts";
import type { MemberChain } from "#sync/members/member-chain.ts";
import type { SeenHeads } from "#sync/members/seen.ts";
import type { CountedByDevice, SecondCounter } from "#sync/tokens/counted-token.ts";
import type { JsonValue } from "#sync/tokens/json-value.ts";
import type { SharedToken } from "#sync/tokens/shared-token.ts";
import { isDamage, writtenByNewer } from "#token/newer.ts";
import { readCell, updateCell } from "#vault/cells/cell.ts";
import { syncCell } from "#vault/cells/layout.ts";
import { encryptingSeal } from "#vault/cells/sealing.ts";
import { putAside } from "#vault/trash/aside.ts";
import type { Vault } from "#vault/vault.ts";

/** A shared token as this device knows it. */
export interface KnownToken {
  readonly shared: SharedToken;
  /** The id of the content of its file. */
  readonly blob: string;
  /** The length of the member list when the file was encrypted. */
  readonly epoch: number;
  /** The token in this vault, with its fields as they were after the last round; null for none. */
  readonly local: {
    readonly id: string;
    readonly fields: Readonly<Record<string, JsonValue>>;
  } | null;
  /** Its kind and the fingerprint of its secret in this vault; empty until that is known. */
  readonly secretKey: string;
  /** Whether it waits for a PIN before it is stored here. */
  readonly wantsPin: boolean;
  /**
   * Whether this device has just said that it holds the token, and may not have been heard: it is
   * stored only once the remote shows that, or its former device might take it back meanwhile.
   */
  readonly isUnheard?: boolean;
  /** Whether it was removed here because it is another device's: it stays restorable. */
  readonly isAside?: boolean;
}

/** All that this device keeps about the synchronisation, sealed under the vault's key. */
export interface SyncState {
  /** Increases with every write, so that of two processes one begins again. */
  readonly revision: number;
  readonly name: string;
  readonly keys: DeviceKeys;
  readonly remote: string;
  /** The invitation of a device that is not a member yet; null for a member. */
  readonly joining: Invitation | null;
  readonly genesis: string;
  /** Empty for a device that is not a member yet. */
  readonly chain: MemberChain;
  readonly clock: number;
  /** The last head that this device has signed. */
  readonly head: SeenHead | null;
  /** The last commit that this device has made. */
  readonly commit: string | null;
  /** The heads of the commits that were made since the last one that was sent. */
  readonly unsent?: readonly SeenHead[];
  /** Where this home was at its last round (own-writes.ts). */
  readonly place?: string;
  /** A hash over the files and members of that commit. */
  readonly published: string | null;
  readonly seen: SeenHeads;
  /** The commits of the other devices whose content is taken over. */
  readonly loaded: Readonly<Record<string, string>>;
  readonly tokens: Readonly<Record<string, KnownToken>>;
  /** The tokens that the members count or answer with, this one's own as it last said. */
  readonly counts?: CountedByDevice;
  /** The tokens that count on two devices, as of the last round. */
  readonly doubled?: readonly SecondCounter[];
  /** The ids of tokens of this vault that a round has begun to release. */
  readonly releasing?: readonly string[];
  /** Whether this device has found that the others have removed it. */
  readonly isRemoved?: boolean;
  readonly invitations: readonly Invitation[];
  readonly lastSync: string | null;
}

const VERSION = 1;

/**
 * What this device keeps; null where nothing is synchronised. Throws FobError `invalid` where it is
 * damaged.
 */
export function readSyncState(vault: Vault): SyncState | null {
  try {
    return decode(readCell(cellOf(vault)));
  } catch (error) {
    if (!isDamage(error)) throw error;
    throw new FobError("invalid", t("what this device knows of the synchronisation is damaged"), {
      // an older copy of it would forget what was seen, and write again what was written
      hint: t(
        "`fob sync leave --local` or `fob doctor --repair`, then `fob sync join` with an invitation: the tokens stay",
      ),
      cause: error,
    });
  }
}

/** {@link readSyncState}. Throws FobError `usage` where nothing is synchronised. */
export function requireSyncState(vault: Vault): SyncState {
  const state = readSyncState(vault);
  if (state) return state;
  throw notSynchronised();
}

/** The error of a home in which nothing is synchronised. */
export function notSynchronised(): FobError {
  return new FobError("usage", t("this vault is not synchronised with other devices"), {
    hint: t("`fob sync init REMOTE` begins, `fob sync join` joins a device that has begun"),
  });
}

/**
 * Writes the state that follows `before`, and returns it. Throws FobError `unavailable` when
 * another process has written one meanwhile.
 */
export function writeSyncState(
  vault: Vault,
  before: SyncState | null,
  next: Omit<SyncState, "revision">,
): SyncState {
  const state = { ...next, revision: (before?.revision ?? 0) + 1 };
  updateCell(cellOf(vault), (current) => {
    if ((decode(current)?.revision ?? 0) !== (before?.revision ?? 0))
      throw new FobError("unavailable", t("another `fob sync` is at work in this home"));
    return Buffer.from(JSON.stringify({ version: VERSION, state }));
  });
  return state;
}

/**
 * Forgets everything, keys included. What is damaged is put aside: returns its folder, or null.
 */
export function forgetSyncState(vault: Vault): string | null {
  const nothing = () => Buffer.from(JSON.stringify({ version: VERSION, state: null }));
  try {
    updateCell(cellOf(vault), nothing);
    return null;
  } catch (error) {
    if (!isDamage(error)) throw error;
    return putAside(vault.layout.home, cellOf(vault).folder, "sync");
  }
}

function decode(value: Buffer | null): SyncState | null {
  if (!value) return null;
  const { version, state } = JSON.parse(value.toString("utf8"));
  if (version > VERSION) throw writtenByNewer(t("the state of the synchronisation"));
  return state;
}

function cellOf({ layout, vaultKey }: Vault) {
  return syncCell(layout, encryptingSeal(vaultKey));
}
