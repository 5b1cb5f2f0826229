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
  // in this order: a batch names a token before its folder exists and until it is listed, and
  // before it is taken out of the list and until its folder is moved
  const present = tokenIds(vault);
  const before = unsettled(vault, processes).ids;
  // this rebuilds a lost index
  const listed = new Set(decodeIndex(readCell(vault.indexCell())).map(({ id }) => id));
  const unknown = present.filter((id) => !listed.has(id) && !before.has(id));
  if (unknown.length === 0) return;
  const after = unsettled(vault, processes).ids;
  const unlisted = unknown.flatMap((id) =>
    after.has(id) ? [] : (readSound(vault, id)?.token ?? []),
  );
  if (unlisted.length > 0) vault.addToIndex(unlisted);
}
