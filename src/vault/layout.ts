import { join } from "node:path";
import type { Cell } from "./cell.ts";
import { checksumSeal, type Seal } from "./sealing.ts";

/** Where the parts of a vault lie below the home, and under which identity their bytes are sealed. */
export interface VaultLayout {
  readonly home: string;
  readonly vaultId: string;
}

/** The one cell that is read before anything is known about the vault. */
export function headerCell(home: string): Cell {
  return { folder: join(home, "vault", "header"), identity: "header", seal: checksumSeal };
}

/** The cell that lists the tokens. */
export function indexCell({ home, vaultId }: VaultLayout, seal: Seal): Cell {
  return { folder: join(home, "vault", "index"), identity: `${vaultId}/index`, seal };
}

/** One token's cell. */
export function tokenCell({ home, vaultId }: VaultLayout, id: string, seal: Seal): Cell {
  return { folder: join(home, "vault", "tokens", id), identity: `${vaultId}/tokens/${id}`, seal };
}

/** The folder of tokens that were removed. */
export function removedFolder({ home }: VaultLayout): string {
  return join(home, "vault", "removed");
}

/** The cell that counts wrong PINs of one token, or of the app (`app`). */
export function attemptsCell({ home, vaultId }: VaultLayout, of: string): Cell {
  return { folder: join(home, "vault", "attempts", of), identity: `${vaultId}/attempts/${of}`, seal: checksumSeal };
}

/** An empty file whose modification time says when a token was last used: worth no durable write. */
export function lastUsedFile({ home }: VaultLayout, id: string): string {
  return join(home, "vault", "used", id);
}
