import { readCell } from "#vault/cells/cell.ts";
import { tokenIds } from "#vault/checkup.ts";
import type { Vault } from "#vault/vault.ts";
import { type Processes, settleBatches, unsettled } from "./batch.ts";
import { readSound } from "./same-secret.ts";
import { decodeIndex } from "./token-index.ts";

/**
 * Finishes or undoes what interrupted commands left, before tokens are added: otherwise the search
 * for duplicates would miss unlisted tokens. Tokens that no batch names were left by an older fob;
 * they are listed, as `doctor --repair` does.
 */
export function finishInterrupted(vault: Vault, processes: Processes): void {
  settleBatches(vault, processes);
  // in this order: a batch names a token before its folder exists and until it is listed
  const present = tokenIds(vault);
  const { ids } = unsettled(vault, processes);
  // this rebuilds a lost index
  const listed = new Set(decodeIndex(readCell(vault.indexCell())).map(({ id }) => id));
  const unlisted = present
    .filter((id) => !listed.has(id) && !ids.has(id))
    .flatMap((id) => readSound(vault, id)?.token ?? []);
  if (unlisted.length > 0) vault.addToIndex(unlisted);
}
