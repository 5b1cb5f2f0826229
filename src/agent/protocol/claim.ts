import { rmSync, statSync } from "node:fs";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Secret } from "#token/secret.ts";
import { peekCell, readCell, replaceDamaged, updateCell } from "#vault/cells/cell.ts";
import { agentCell, type VaultLayout } from "#vault/cells/layout.ts";

/** The agent of a vault, as it wrote itself down. */
export interface Holder {
  readonly pid: number;
  /** When the process began, as the system counts; empty where it does not tell. */
  readonly started: string;
  /** Where it listens. */
  readonly socket: string;
  /**
   * The home of the vault that it holds, by its real path: a copy of the home names the agent of
   * the original.
   */
  readonly home: string;
  /**
   * What it proves itself with, 32 random bytes of this agent alone; empty in the claim of an older
   * program.
   */
  readonly secret: Secret;
}

/** How a claim ended: made, after the one of `before`, or not, because `other` has the vault. */
export type Claiming = { readonly before: Holder | null } | { readonly other: Holder };

/** The claim that an agent leaves when it ends: it names no holder. */
const NO_HOLDER = Buffer.from("{}");

/** What is found in the place of a claim: files that say nothing, or no files at all. */
const DAMAGED = "damaged";
const UNREADABLE = "unreadable";

type Found = Buffer | typeof DAMAGED | typeof UNREADABLE | null;

/**
 * Makes `holder` the one agent of a vault, unless another one is alive. Of several that try at
 * once, one succeeds: it must listen already, because the others ask it.
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
 * damaged or gone.
 */
export function lookAtClaim(layout: VaultLayout, holder: Holder): "ours" | "another's" | "lost" {
  const found = peek(layout);
  if (isSame(found, encode(holder))) return "ours";
  return decode(found) ? "another's" : "lost";
}

/** Makes a claim again that was lost; one of another agent stays. */
export function remakeClaim(layout: VaultLayout, holder: Holder): void {
  const found = peek(layout);
  if (!decode(found)) replace(layout, found, holder);
}

/** Takes the claim of `holder` back, unless another one has taken its place. */
export function releaseClaim(layout: VaultLayout, holder: Holder): void {
  updateCell(agentCell(layout), (current) => (isSame(current, encode(holder)) ? NO_HOLDER : null));
}

/**
 * Who claimed a vault last, or null. The claim is taken at its word, whether its checksum is right
 * or not: whoever answers for it proves that. Throws FobError `invalid` for one that cannot be
 * read.
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
    // whatever the reason, it is to be mended
    return false;
  }
}

/**
 * Makes the claim whole again: the one that can still be read, or one without a holder. An agent
 * that is alive then claims the vault anew.
 */
export function mendClaim(layout: VaultLayout): void {
  const found = peek(layout);
  const value = found instanceof Buffer && decode(found) ? found : NO_HOLDER;
  if (found === UNREADABLE) clear(layout);
  if (!replaceDamaged(agentCell(layout), value)) updateCell(agentCell(layout), () => value);
}

/**
 * The claim at its word; null where there was never one. A newest file that says nothing is passed
 * over for the one before it, as everywhere in a vault.
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

/**
 * Puts the claim of `holder` in the place of the one that was found; false when that has changed
 * meanwhile.
 */
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
    // it could be read, and its checksum is wrong
    return replaceDamaged(cell, encode(holder));
  }
}

/** Removes what is no cell at all. */
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

/** Null for what is no claim, or names no holder. */
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
