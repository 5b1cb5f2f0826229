import type { AgentOrder } from "#agent/protocol/order.ts";
import { BackgroundSync } from "#agent/server/background-sync.ts";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { sleep } from "#base/long-timer.ts";
import { lookForSignals } from "#base/long-work.ts";
import { lifeOf, thisProcess } from "#base/process-identity.ts";
import { tpmChip } from "#platform/hardware/chip.ts";
import { gitProgram } from "#platform/program/git.ts";
import type { Secret } from "#token/secret.ts";
import { Vault } from "#vault/vault.ts";

/**
 * The synchronisation of an agent; null where its order says nothing of it. It has a copy of the
 * key, because a round that is under way must not write with a key that was wiped: the process ends
 * when the vault is locked.
 */
export function agentSync(
  { home, vault: vaultId, syncMs }: AgentOrder,
  vaultKey: Secret,
): BackgroundSync | null {
  if (syncMs === null) return null;
  const layout = { home, vaultId };
  const vault = new Vault(layout, Buffer.from(vaultKey), false, tpmChip(process.env));
  return new BackgroundSync(syncMs, (end) => syncOnce(vault, end));
}

async function syncOnce(vault: Vault, end: AbortSignal): Promise<void> {
  const { readSyncState } = await import("#sync/round/sync-state.ts");
  if (!readSyncState(vault)) return;
  const { runRound } = await import("#sync/round/round.ts");
  const { Repository } = await import("#sync/git/repository.ts");
  const git = gitProgram(process.env, { mayAsk: false, end });
  const look = async () => {
    await lookForSignals();
    if (end.aborted) throw new FobError("interrupted", t("the vault was locked"));
  };
  await runRound({
    vault,
    repository: new Repository(vault.layout.home, git),
    pinPrompt: NOBODY,
    asksPins: false,
    processes: { own: thisProcess, lifeOf },
    patienceMs: 0,
    look,
    sleep,
    clock: () => new Date(),
  });
}

/** Nobody is asked for a PIN: tokens that want one wait for `fob sync` at a terminal. */
const NOBODY = {
  interactive: false,
  ask: () => Promise.reject(new FobError("locked", t("an agent cannot ask this"))),
  release: async () => null,
} as const;
