import { peekCell, readCell, updateCell } from "../vault/cell.ts";
import { agentCell, type VaultLayout } from "../vault/layout.ts";

/** An agent's process, told from a later one that the system gave the same number. */
export interface Holder {
  readonly pid: number;
  /** When it began, as the system counts; empty where it does not tell. */
  readonly started: string;
  /** Where it listens. */
  readonly socket: string;
  /** The home of the vault that it holds, by its real path: a copy of the home names the agent of the original. */
  readonly home: string;
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

/** {@link claimant} as it is written, whether the checksum is right or not: for whoever asks the agent itself. */
export function peekClaimant(layout: VaultLayout): Holder | null {
  return decode(peekCell(agentCell(layout)));
}

function decode(value: Buffer | null): Holder | null {
  if (value === null) return null;
  const { pid, started, socket, home } = JSON.parse(value.toString()) as Holder;
  if (!Number.isInteger(pid) || pid <= 0) return null;
  return { pid, started: String(started), socket: String(socket), home: String(home) };
}
