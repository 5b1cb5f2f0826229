import { readCell, updateCell } from "../vault/cell.ts";
import { agentCell, type VaultLayout } from "../vault/layout.ts";

/** An agent's process, told from a later one that the system gave the same number. */
export interface Holder {
  readonly pid: number;
  /** When it began, as the system counts; empty where it does not tell. */
  readonly started: string;
  /** Where it listens. */
  readonly socket: string;
}

/**
 * Makes `holder` the one agent of a vault, unless another one that still runs is it: then that one is returned, else null. Of several that
 * try at once, one succeeds.
 */
export function claimVault(layout: VaultLayout, holder: Holder, isRunning: (holder: Holder) => boolean): Holder | null {
  let other: Holder | null = null;
  updateCell(agentCell(layout), (current) => {
    other = decode(current);
    return other && isRunning(other) ? null : Buffer.from(JSON.stringify(holder));
  });
  return other && isRunning(other) ? other : null;
}

/** Who claimed a vault last, or null. */
export function claimant(layout: VaultLayout): Holder | null {
  return decode(readCell(agentCell(layout)));
}

function decode(value: Buffer | null): Holder | null {
  if (value === null) return null;
  const { pid, started, socket } = JSON.parse(value.toString()) as Holder;
  return Number.isInteger(pid) && pid > 0 ? { pid, started: String(started), socket: String(socket) } : null;
}
