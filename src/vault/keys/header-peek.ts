import { peekCell } from "#vault/cells/cell.ts";
import { HEADER_FORMAT, headerCell } from "#vault/cells/layout.ts";
import type { Header } from "./header.ts";

/**
 * The header of the vault below `home`, without verifying checksum and schema: for the fast path,
 * where the vault's key or the agent verifies it. Null when there is none, or one of another
 * format. Throws what JSON.parse throws.
 */
export function peekHeader(home: string): Header | null {
  const value = peekCell(headerCell(home));
  const header = value && JSON.parse(value.toString());
  return header?.format === HEADER_FORMAT.name && header.version <= HEADER_FORMAT.version
    ? header
    : null;
}
