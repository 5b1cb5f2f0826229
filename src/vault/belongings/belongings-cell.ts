import { join } from "node:path";
import { t } from "#base/language.ts";
import { writtenByNewer } from "#token/newer.ts";
import type { Secret } from "#token/secret.ts";
import { type Cell, readCell, updateCell } from "#vault/cells/cell.ts";
import { makeInnerFolder } from "#vault/cells/cell-files.ts";
import type { VaultLayout } from "#vault/cells/layout.ts";
import { encryptingSeal } from "#vault/cells/sealing.ts";
import { vanished } from "#vault/tokens/record-cell.ts";

/** What belongs to a token beside its record, each in a cell of its own. */
export const BELONGINGS = ["note", "codes"] as const;

/** One of {@link BELONGINGS}. */
export type Belonging = (typeof BELONGINGS)[number];

/** Where tokens are: the vault for those in use, or its removed tokens. */
export interface TokenPlace {
  readonly layout: VaultLayout;
  readonly vaultKey: Secret;
  /** The cell of one token. */
  tokenCell(id: string): Cell;
}

const VERSION = 1;

/**
 * The cell of a belonging, in the folder of its token: it goes where that goes, and no use of the
 * token reads it. Only the vault's key opens it, which no grant has.
 */
export function belongingCell(token: Cell, belonging: Belonging, vaultKey: Secret): Cell {
  return {
    folder: join(token.folder, belonging),
    identity: `${token.identity}/${belonging}`,
    seal: encryptingSeal(vaultKey),
    isInner: true,
  };
}

/** {@link belongingCell} of the token with this id. */
export function belongingOf(place: TokenPlace, id: string, belonging: Belonging): Cell {
  return belongingCell(place.tokenCell(id), belonging, place.vaultKey);
}

/** What a cell holds; null where it was never written. Throws FobError for that of a newer fob. */
export function readBelonging<T>(cell: Cell): T | null {
  return decode(readCell(cell));
}

/**
 * Replaces what a cell holds, as {@link updateCell} does; nothing is written for null. Throws
 * FobError `not-found` when the token `id` is gone.
 */
export function updateBelonging<T extends object>(
  cell: Cell,
  id: string,
  change: (current: T | null) => T | null,
): T | null {
  return decode(
    updateCell(cell, (current) => {
      const changed = change(decode(current));
      if (changed === null) return null;
      if (current === null && !makeInnerFolder(cell.folder)) throw vanished(id);
      return Buffer.from(JSON.stringify({ ...changed, version: VERSION }));
    }),
  );
}

function decode<T>(value: Buffer | null): T | null {
  if (value === null) return null;
  const { version, ...rest } = JSON.parse(value.toString("utf8"));
  if (version > VERSION) throw writtenByNewer(t("what belongs to a token"));
  return rest;
}
