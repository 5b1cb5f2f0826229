import { randomBytes } from "node:crypto";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Member } from "#sync/members/member-chain.ts";
import type { JsonValue } from "#sync/tokens/json-value.ts";
import type { Holder } from "#sync/tokens/shared-token.ts";
import { isInUse } from "#sync/tokens/shared-token.ts";
import type { Stamp } from "#sync/tokens/stamp.ts";
import { contentHash, type TokenContent } from "#sync/tokens/token-file.ts";
import type { Token } from "#token/token.ts";
import { isCountingAt } from "./doubles.ts";
import type { KnownToken } from "./sync-state.ts";
import type { Draft, Drafts } from "./take-over.ts";

/** A token of the vault that is to be shared, opened. */
export interface OpenedToken {
  readonly token: Token;
  readonly content: TokenContent;
  /** Its kind and the fingerprint of its secret in this vault. */
  readonly secretKey: string;
  /** What devices share of it besides. */
  readonly fields: Readonly<Record<string, JsonValue>>;
}

/** The shared token in use that a token of the vault belongs to; null for none. */
export function sharedOf<T extends Pick<KnownToken, "local" | "shared">>(
  tokens: Iterable<T>,
  id: string,
): T | null {
  for (const known of tokens) if (known.local?.id === id && isInUse(known.shared)) return known;
  return null;
}

/** Adds a token for all devices. Does nothing where it is shared already. */
export function addShared(drafts: Drafts, opened: OpenedToken, stamp: Stamp): void {
  if (!sharedOf(drafts.tokens.values(), opened.token.id)) insert(drafts, opened, stamp, null);
}

/** Who gives a token to whom, and who is a member. */
interface Move {
  readonly from: string;
  readonly to: Member;
  readonly members: readonly Member[];
}

/**
 * Offers a token to another device. Throws FobError `usage` for a token that all devices have, that
 * is under way already, or whose secret another device has, too.
 */
export function offer(
  drafts: Drafts,
  opened: OpenedToken,
  { from, to, members }: Move,
  stamp: Stamp,
): void {
  const value: Holder = { device: to.id, step: "offered", from, counter: null };
  const known = sharedOf(drafts.tokens.values(), opened.token.id);
  refuseSecondCounter(drafts, opened, known, members);
  if (!known) {
    insert(drafts, opened, stamp, value);
    return;
  }
  const { shared } = known;
  if (!shared.holder) throw new FobError("usage", t`all devices have ${opened.token.name} already`);
  if (shared.holder.value.step !== "held") {
    if (shared.holder.value.device === to.id) return;
    throw new FobError("usage", t`${opened.token.name} is on its way to another device already`);
  }
  drafts.tokens.set(shared.id, {
    ...known,
    shared: { ...shared, holder: { value, stamp } },
    isStale: true,
  });
}

function refuseSecondCounter(
  { tokens }: Drafts,
  { token, secretKey }: OpenedToken,
  known: Draft | null,
  members: readonly Member[],
): void {
  const isSecond = [...tokens.values()].some(
    (other) => other !== known && other.secretKey === secretKey && isCountingAt(other, { members }),
  );
  if (!isSecond) return;
  throw new FobError("usage", t`another device has the secret of ${token.name}, too`, {
    hint: t("both would give the same passcodes: remove one of the two tokens"),
  });
}

function insert(
  drafts: Drafts,
  { token, content, fields, secretKey }: OpenedToken,
  stamp: Stamp,
  holder: Holder | null,
): void {
  const id = randomBytes(16).toString("hex");
  drafts.contents.set(id, content);
  drafts.tokens.set(id, {
    shared: {
      id,
      token: token.id,
      content: contentHash(content),
      fields: Object.fromEntries(
        Object.entries(fields).map(([name, value]) => [name, { value, stamp }]),
      ),
      removed: { value: false, stamp },
      holder: holder && { value: holder, stamp },
    },
    blob: "",
    isStale: true,
    epoch: 0,
    local: { id: token.id, fields },
    secretKey,
    wantsPin: false,
  });
}
