import { join } from "node:path";
import type { Cell } from "./cell.ts";
import { VAULT_FOLDER } from "./folder-error.ts";
import { checksumSeal, type Seal } from "./sealing.ts";

/**
 * Where the parts of a vault lie below the home, and under which identity their bytes are sealed.
 */
export interface VaultLayout {
  readonly home: string;
  readonly vaultId: string;
}

/** What a header that this program understands says of itself. */
export const HEADER_FORMAT = { name: "fob-vault", version: 1 } as const;

/** The folder of the vault in a home. */
export function vaultFolder(home: string): string {
  return join(home, VAULT_FOLDER);
}

/** The one cell that is read before anything is known about the vault. */
export function headerCell(home: string): Cell {
  return { folder: join(vaultFolder(home), "header"), identity: "header", seal: checksumSeal };
}

/** The cell that lists the tokens. */
export function indexCell({ home, vaultId }: VaultLayout, seal: Seal): Cell {
  return { folder: join(vaultFolder(home), "index"), identity: `${vaultId}/index`, seal };
}

/** The file that leads from a name to a token without reading the index of a large vault. */
export function locatorFile({ home }: VaultLayout): string {
  return join(vaultFolder(home), "locator");
}

/**
 * The file in which earlier builds kept the secrets of tokens without a PIN a second time. It is
 * removed when a vault is opened.
 */
export function formerSecretsFile(home: string): string {
  return join(vaultFolder(home), "unguarded");
}

/** One token's cell. */
export function tokenCell(layout: VaultLayout, id: string, seal: Seal): Cell {
  return {
    folder: join(tokensFolder(layout), id),
    identity: `${layout.vaultId}/tokens/${id}`,
    seal,
  };
}

/** The folder of all tokens' cells. */
export function tokensFolder({ home }: VaultLayout): string {
  return join(vaultFolder(home), "tokens");
}

/** The folder of tokens that were removed. */
export function removedFolder({ home }: VaultLayout): string {
  return join(vaultFolder(home), "removed");
}

/** The folder of all {@link batchCell}s. */
export function batchesFolder({ home }: VaultLayout): string {
  return join(vaultFolder(home), "batches");
}

/** The cell that says what a process is doing to several tokens at once, until it is done. */
export function batchCell(layout: VaultLayout, id: string, seal: Seal): Cell {
  return {
    folder: join(batchesFolder(layout), id),
    identity: `${layout.vaultId}/batches/${id}`,
    seal,
  };
}

/** The cell that says how much time has passed, as far as the clock can be trusted. */
export function calendarCell({ home, vaultId }: VaultLayout, seal: Seal): Cell {
  return { folder: join(vaultFolder(home), "calendar"), identity: `${vaultId}/calendar`, seal };
}

/**
 * The cell that counts the guesses at one PIN; see
 * {@link import("#vault/pins/attempts.ts").Attempts} for its name.
 */
export function attemptsCell(layout: VaultLayout, name: string): Cell {
  const identity = `${layout.vaultId}/attempts/${name}`;
  return { folder: join(attemptsFolder(layout), name), identity, seal: checksumSeal };
}

/** The folder of all {@link attemptsCell}s. */
function attemptsFolder({ home }: VaultLayout): string {
  return join(vaultFolder(home), "attempts");
}

/** The file that says when each token was last used: worth no durable write. */
export function lastUsesFile({ home }: VaultLayout): string {
  return join(vaultFolder(home), "used");
}

/** The folder of all grants' cells, one for each, sealed under the grant's own key. */
export function grantsFolder({ home }: VaultLayout): string {
  return join(vaultFolder(home), "grants");
}

/** The cell that tells the owner which grants there are. */
export function grantListCell({ home, vaultId }: VaultLayout, seal: Seal): Cell {
  return { folder: join(vaultFolder(home), "grant-list"), identity: `${vaultId}/grant-list`, seal };
}

/**
 * The cell that names the agent of the vault: a process, which may have ended, and what it proves
 * itself with. No key of the vault is in it.
 */
export function agentCell({ home, vaultId }: VaultLayout): Cell {
  return {
    folder: join(vaultFolder(home), "agent"),
    identity: `${vaultId}/agent`,
    seal: checksumSeal,
  };
}
