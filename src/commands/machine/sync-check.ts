import { plural, t } from "#base/language.ts";
import type { Check } from "#cli/check.ts";
import { readMembership } from "#sync/members/member-chain.ts";
import { forgetSyncState, readSyncState, type SyncState } from "#sync/round/sync-state.ts";
import { lastFailure } from "#sync/round/turns.ts";
import { isDamage } from "#token/newer.ts";
import type { Vault } from "#vault/vault.ts";

const CHECK = "sync";

/** What is known of the synchronisation, and how it went last; nothing where there is none. */
export function checkSync(vault: Vault, repair: boolean): readonly Check[] {
  try {
    const state = readSyncState(vault);
    return state ? [describe(state, vault)] : [];
  } catch (error) {
    if (!repair || !isDamage(error)) throw error;
    forgetSyncState(vault);
    return [
      {
        check: CHECK,
        status: "warning",
        message: t("put aside what was damaged of the synchronisation; the tokens stay"),
        hint: t("`fob sync join` with an invitation makes this device a member again"),
      },
    ];
  }
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
  const devices = plural(readMembership(state.chain).members.length, "device");
  const message = t`${devices}, last synchronised: ${state.lastSync ?? ""}`;
  return { check: CHECK, status: "ok", message };
}
