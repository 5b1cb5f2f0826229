import type { Member } from "#sync/members/member-chain.ts";
import type { SecondCounter } from "#sync/tokens/counted-token.ts";
import type { VaultReport } from "./vault-changes.ts";

/** What a round has done. */
export interface RoundReport extends VaultReport {
  readonly isSent: boolean;
  /** Tokens that have left for another device. */
  readonly left: readonly string[];
  /** Tokens that were to leave, and stay because they have got a PIN since they were offered. */
  readonly kept: readonly string[];
  /** Tokens that were to come here, and stay with the device that has left. */
  readonly ended: readonly string[];
  /** Tokens of which two devices have different secrets: both stay. */
  readonly split: readonly string[];
  /** Tokens that count with one secret on two devices. */
  readonly doubled: readonly SecondCounter[];
  readonly unread: readonly string[];
  readonly strangers: readonly string[];
  readonly approved: readonly string[];
  /** Whether the copy of the repository was damaged, and was made anew. */
  readonly wasDamaged: boolean;
  /** Tokens that are shared no more: they were never sent, and what was to be sent is lost. */
  readonly unshared: readonly string[];
  /** Requests that nobody has decided about. */
  readonly requests: readonly { readonly name: string; readonly words: string }[];
  /** How many requests were refused because they were not made with an invitation's secret. */
  readonly foreignRequests: number;
  readonly members: readonly Member[];
}

/** What two rounds have done, of which the second one ends what the first one has begun. */
export function joinReports(
  first: RoundReport,
  second: Omit<RoundReport, "wasDamaged">,
): RoundReport {
  const { added, removed, changed, elsewhere, left, kept, ended, split, unshared } = first;
  return {
    ...first,
    added: [...added, ...second.added],
    removed: [...removed, ...second.removed],
    changed: [...changed, ...second.changed],
    elsewhere: [...elsewhere, ...second.elsewhere],
    left: [...left, ...second.left],
    kept: [...kept, ...second.kept],
    ended: [...ended, ...second.ended],
    split: [...new Set([...split, ...second.split])],
    unshared: [...unshared, ...second.unshared],
    waiting: second.waiting,
    doubled: second.doubled,
    members: second.members,
  };
}
