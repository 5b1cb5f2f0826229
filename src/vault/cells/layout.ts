import { join } from "node:path";
import type { Cell } from "./cell.ts";
import { VAULT_FOLDER } from "./folder-error.ts";
import { checksumSeal, type Seal } from "./sealing.ts";

/**
 * The home and id of a vault, which determine the paths of its parts and the identities in their
 * seals.
 */
export interface VaultLayout {
  readonly home: string;
  readonly vaultId: string;
}

/** The format and version of a header that this program understands. */
export const HEADER_FORMAT = { name: "fob-vault", version: 2 } as const;

/** The folder of the vault in a home. */
export function vaultFolder(home: string): string {
  return join(home, VAULT_FOLDER);
}

/** The cell of the header, which is read before anything is known about the vault. */
export function headerCell(home: string): Cell {
  return { folder: join(vaultFolder(home), "header"), identity: "header", seal: checksumSeal };
}

/** The cell with the index of tokens. */
export function indexCell({ home, vaultId }: VaultLayout, seal: Seal): Cell {
  return { folder: join(vaultFolder(home), "index"), identity: `${vaultId}/index`, seal };
}

/** The file that finds a token by name without reading the index of a large vault. */
export function locatorFile({ home }: VaultLayout): string {
  return join(vaultFolder(home), "locator");
}

/**
 * The file in which earlier builds stored a copy of the secrets of tokens without a PIN. Opening a
 * vault removes it.
 */
export function formerSecretsFile(home: string): string {
  return join(vaultFolder(home), "unguarded");
}

/** The cell of one token. */
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

/** The folder of removed tokens. */
export function removedFolder({ home }: VaultLayout): string {
  return join(vaultFolder(home), "removed");
}

/** The folder of all {@link batchCell}s. */
export function batchesFolder({ home }: VaultLayout): string {
  return join(vaultFolder(home), "batches");
}

/** The cell that records an unfinished change of several tokens. */
export function batchCell(layout: VaultLayout, id: string, seal: Seal): Cell {
  return {
    folder: join(batchesFolder(layout), id),
    identity: `${layout.vaultId}/batches/${id}`,
    seal,
  };
}

/** The cell that records the elapsed time, as far as the clock can be trusted. */
export function calendarCell({ home, vaultId }: VaultLayout, seal: Seal): Cell {
  return { folder: join(vaultFolder(home), "calendar"), identity: `${vaultId}/calendar`, seal };
}

/**
 * The cell that counts the wrong guesses at one PIN; see {@link
 * import("#vault/pins/attempts.ts").Attempts} for its name.
 */
export function attemptsCell(layout: VaultLayout, name: string): Cell {
  const identity = `${layout.vaultId}/attempts/${name}`;
  return { folder: join(attemptsFolder(layout), name), identity, seal: checksumSeal };
}

/** The folder of all {@link attemptsCell}s. */
function attemptsFolder({ home }: VaultLayout): string {
  return join(vaultFolder(home), "attempts");
}

/** The cell that counts the recovery codes that are left of each token, without any code. */
export function codesLeftCell(layout: VaultLayout): Cell {
  return checksummedCell(layout, "codes-left");
}

/** The file with the last use of each token, which is not written durably. */
export function lastUsesFile({ home }: VaultLayout): string {
  return join(vaultFolder(home), "used");
}

/** The folder with the log of uses, which is not written durably. */
export function accessLogFolder({ home }: VaultLayout): string {
  return join(vaultFolder(home), "access-log");
}

/** The folder of the grants' cells, each encrypted with the grant's own key. */
export function grantsFolder({ home }: VaultLayout): string {
  return join(vaultFolder(home), "grants");
}

/** The cell with the owner's list of grants. */
export function grantListCell({ home, vaultId }: VaultLayout, seal: Seal): Cell {
  return { folder: join(vaultFolder(home), "grant-list"), identity: `${vaultId}/grant-list`, seal };
}

/** The cell with what this device keeps about the synchronisation with others. */
export function syncCell({ home, vaultId }: VaultLayout, seal: Seal): Cell {
  return { folder: join(vaultFolder(home), "sync"), identity: `${vaultId}/sync`, seal };
}

/** The cell that says which process synchronises at the moment, and how that failed last. */
export function syncTurnCell({ home, vaultId }: VaultLayout, seal: Seal): Cell {
  return { folder: join(vaultFolder(home), "sync-turn"), identity: `${vaultId}/sync-turn`, seal };
}

/**
 * The cell that names the agent of the vault: its process, which may have ended, and the secret
 * that it authenticates with. It has no key of the vault.
 */
export function agentCell(layout: VaultLayout): Cell {
  return checksummedCell(layout, "agent");
}

/**
 * The cell with the secret of the service that waits for the vault to be unlocked. It has no key of
 * the vault.
 */
export function serviceCell(layout: VaultLayout): Cell {
  return checksummedCell(layout, "service");
}

function checksummedCell({ home, vaultId }: VaultLayout, name: string): Cell {
  return {
    folder: join(vaultFolder(home), name),
    identity: `${vaultId}/${name}`,
    seal: checksumSeal,
  };
}
