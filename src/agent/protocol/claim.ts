import { rmSync, statSync } from "node:fs";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Secret } from "#token/secret.ts";
import { peekCell, readCell, replaceDamaged, updateCell } from "#vault/cells/cell.ts";
import { agentCell, type VaultLayout } from "#vault/cells/layout.ts";

/** The agent that holds a vault, as it recorded itself. */
export interface Holder {
  readonly pid: number;
  /** The start time of the process, in the system's own form; empty where the system has none. */
  readonly started: string;
  /** The address that it listens on. */
  readonly socket: string;
  /**
   * The real path of the home of its vault: in a copied home the claim still names the original.
   */
  readonly home: string;
  /**
   * 32 random bytes of this agent, with which it proves its identity; empty in the claim of an
   * older version.
   */
  readonly secret: Secret;
}

/**
 * The result of a claim: made, replacing the claim of `before`, or refused, because `other` holds
 * the vault.
 */
export type Claiming = { readonly before: Holder | null } | { readonly other: Holder };

/** The claim that an agent leaves when it ends: it names no holder. */
const NO_HOLDER = Buffer.from("{}");

/** A claim that cannot be read: its files have no valid content, or are not files. */
const DAMAGED = "damaged";
const UNREADABLE = "unreadable";

type Found = Buffer | typeof DAMAGED | typeof UNREADABLE | null;

/**
 * Makes `holder` the only agent of a vault, unless another one is alive. If several try at the same
 * time, one succeeds. `holder` must be listening already, because the others query it.
 */
export async function claimVault(
  layout: VaultLayout,
  holder: Holder,
  isAlive: (other: Holder) => Promise<boolean>,
): Promise<Claiming> {
  for (;;) {
    const before = peek(layout);
    const other = decode(before);
    if (other && (await isAlive(other))) return { other };
    if (replace(layout, before, holder)) return { before: other };
  }
}

/**
 * Whether a vault is still claimed by `holder`, or by another agent; "lost" when the claim is
 * damaged or missing.
 */
export function lookAtClaim(layout: VaultLayout, holder: Holder): "ours" | "another's" | "lost" {
  const found = peek(layout);
  if (isSame(found, encode(holder))) return "ours";
  return decode(found) ? "another's" : "lost";
}

/** Restores a lost claim; does not replace another agent's. */
export function remakeClaim(layout: VaultLayout, holder: Holder): void {
  const found = peek(layout);
  if (!decode(found)) replace(layout, found, holder);
}

/** Withdraws the claim of `holder`, unless another agent has replaced it. */
export function releaseClaim(layout: VaultLayout, holder: Holder): void {
  updateCell(agentCell(layout), (current) => (isSame(current, encode(holder)) ? NO_HOLDER : null));
}

/**
 * The last holder in the claim, or null. Its checksum is not checked: the agent proves its identity
 * itself. Throws FobError `invalid` for a claim that cannot be read.
 */
export function claimant(layout: VaultLayout): Holder | null {
  const value = peek(layout);
  const holder = decode(value);
  if (value === null || value instanceof Buffer) return holder;
  throw new FobError("invalid", t("the claim of the agent is damaged"), {
    hint: t("`fob doctor --repair` mends it"),
  });
}

/** Whether the claim's file is whole. */
export function isClaimWhole(layout: VaultLayout): boolean {
  try {
    const value = readCell(agentCell(layout));
    return value === null || isSame(value, NO_HOLDER) || decode(value) !== null;
  } catch {
    // repaired for every kind of error
    return false;
  }
}

/**
 * Repairs the claim: rewrites the one that can still be read, or writes one without a holder. A
 * running agent then claims the vault again.
 */
export function mendClaim(layout: VaultLayout): void {
  const found = peek(layout);
  const value = found instanceof Buffer && decode(found) ? found : NO_HOLDER;
  if (found === UNREADABLE) clear(layout);
  if (!replaceDamaged(agentCell(layout), value)) updateCell(agentCell(layout), () => value);
}

/**
 * Reads the claim without its checksum; null where there never was one. If the newest file has no
 * valid content, the one before it counts, as in all cells.
 */
function peek(layout: VaultLayout): Found {
  const cell = agentCell(layout);
  try {
    const value = peekCell(cell);
    return value === null || isReadable(value) ? value : readCell(cell);
  } catch (error) {
    if (!(error instanceof FobError)) throw error;
    const isFolder = statSync(cell.folder, { throwIfNoEntry: false })?.isDirectory() !== false;
    return error.code === "invalid" && isFolder ? DAMAGED : UNREADABLE;
  }
}

function isReadable(value: Buffer): boolean {
  return isSame(value, NO_HOLDER) || decode(value) !== null;
}

/** Replaces the claim that was found by that of `holder`; false when it has changed meanwhile. */
function replace(layout: VaultLayout, found: Found, holder: Holder): boolean {
  const cell = agentCell(layout);
  if (found === DAMAGED) return replaceDamaged(cell, encode(holder));
  const before = found === UNREADABLE ? clear(layout) : found;
  try {
    return (
      updateCell(cell, (current) => (isSame(current, before) ? encode(holder) : null)) !== null
    );
  } catch (error) {
    if (!(error instanceof FobError) || error.code !== "invalid") throw error;
    // readable, but with a wrong checksum
    return replaceDamaged(cell, encode(holder));
  }
}

/** Removes something that is not a cell. */
function clear(layout: VaultLayout): null {
  rmSync(agentCell(layout).folder, { recursive: true, force: true });
  return null;
}

function isSame(one: Found, other: Buffer | null): boolean {
  return one instanceof Buffer && other !== null ? one.equals(other) : one === other;
}

function encode({ secret, ...plain }: Holder): Buffer {
  return Buffer.from(JSON.stringify({ ...plain, secret: secret.toString("base64url") }));
}

/** Null for what is not a claim, or has no holder. */
function decode(value: Found): Holder | null {
  const claim = value instanceof Buffer ? parse(value) : null;
  if (typeof claim !== "object" || claim === null) return null;
  const { pid, started, socket, home, secret } = claim as {
    readonly [Key in keyof Holder]?: unknown;
  };
  if (typeof pid !== "number" || !Number.isInteger(pid) || pid <= 0) return null;
  if (typeof socket !== "string" || typeof home !== "string") return null;
  return {
    pid,
    started: String(started),
    socket,
    home,
    secret: Buffer.from(String(secret ?? ""), "base64url"),
  };
}

function parse(value: Buffer): unknown {
  try {
    return JSON.parse(value.toString());
  } catch {
    // damaged, or being written
    return null;
  }
}
