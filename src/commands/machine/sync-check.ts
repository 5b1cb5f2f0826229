import { plural, t } from "#base/language.ts";
import type { Check } from "#cli/check.ts";
import { readMembership } from "#sync/members/member-chain.ts";
import { forgetSyncState, readSyncState, type SyncState } from "#sync/round/sync-state.ts";
import { lastFailure } from "#sync/round/turns.ts";
import { isDamage } from "#token/newer.ts";
import type { Vault } from "#vault/vault.ts";

const CHECK = "sync";

/**
 * What is known of the synchronisation, and how it went last; nothing where there is none. A state
 * that cannot be read is put aside with `repair`. Throws FobError for that of a newer fob, and for
 * a damaged one without `repair`.
 */
export function checkSync(vault: Vault, repair: boolean): readonly Check[] {
  try {
    const state = readSyncState(vault);
    return state ? [describe(state, vault)] : [];
  } catch (error) {
    if (!repair || !isDamage(error)) throw error;
    const folder = forgetSyncState(vault);
    return folder === null ? [] : [describeAside(folder)];
  }
}

function describeAside(folder: string): Check {
  return {
    check: CHECK,
    status: "warning",
    message: t`this vault is synchronised no longer, and all tokens stay: ${folder} keeps what could not be read`,
    hint: t(
      "`fob sync join` joins again; `fob sync remove` on another device takes out the device that this one was",
    ),
  };
}

function describe(state: SyncState, vault: Vault): Check {
  const failure = lastFailure(vault);
  if (failure) {
    const { message, hint } = failure.error;
    return {
      check: CHECK,
      status: "warning",
      message: t`the last attempt failed: ${failure.at}, ${message}`,
      ...(hint === undefined ? {} : { hint }),
    };
  }
  if (state.chain.length === 0)
    return { check: CHECK, status: "ok", message: t("this device waits to be approved") };
  const { doubled = [] } = state;
  if (doubled.length > 0) {
    const names = [...new Set(doubled.map(({ name }) => name))].join(", ");
    return {
      check: CHECK,
      status: "warning",
      message: t`another device counts with the same secret and gives the same passcodes: ${names}`,
      hint: t("`fob sync status` says which device: remove one of the two tokens"),
    };
  }
  const devices = plural(readMembership(state.chain).members.length, "device");
  const message = t`${devices}, last synchronised: ${state.lastSync ?? ""}`;
  return { check: CHECK, status: "ok", message };
}
