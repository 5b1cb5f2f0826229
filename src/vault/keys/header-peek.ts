import { peekCell } from "#vault/cells/cell.ts";
import { HEADER_FORMAT, headerCell } from "#vault/cells/layout.ts";
import type { Header } from "./header.ts";

/**
 * The header of the vault below `home` as it is written, of which neither form nor checksum was
 * checked: for the fast path, to which the vault's key or the agent says whether it is right. Null
 * when there is none, or one of another format. Throws what JSON.parse throws.
 */
export function peekHeader(home: string): Header | null {
  const value = peekCell(headerCell(home));
  const header = value && JSON.parse(value.toString());
  return header?.format === HEADER_FORMAT.name && header.version === HEADER_FORMAT.version
    ? header
    : null;
}
