import { readCell } from "#vault/cells/cell.ts";
import { tokenIds } from "#vault/checkup.ts";
import type { Vault } from "#vault/vault.ts";
import { type Processes, settleBatches, unsettled } from "./batch.ts";
import { readSound } from "./same-secret.ts";
import { decodeIndex } from "./token-index.ts";

/**
 * Finishes or takes back what interrupted commands left, before more tokens come: what lies there
 * unlisted would else be overlooked when duplicates are looked for. Tokens that no batch names were
 * left by an older fob, and are listed, as `doctor --repair` does.
 */
export function finishInterrupted(vault: Vault, processes: Processes): void {
  settleBatches(vault, processes);
  // in this order: a token that is being added is named by its batch before it is there, and until
  // it is listed
  const present = tokenIds(vault);
  const { ids } = unsettled(vault, processes);
  // an index that is lost is made anew by this
  const listed = new Set(decodeIndex(readCell(vault.indexCell())).map(({ id }) => id));
  const unlisted = present
    .filter((id) => !listed.has(id) && !ids.has(id))
    .flatMap((id) => readSound(vault, id)?.token ?? []);
  if (unlisted.length > 0) vault.addToIndex(unlisted);
}
