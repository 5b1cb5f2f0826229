import { createHash } from "node:crypto";
import { realpathSync, statSync } from "node:fs";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { ownValue } from "#base/own-value.ts";
import { deviceId } from "#sync/keys/device-keys.ts";
import type { SeenHead } from "#sync/members/head.ts";
import { type VaultLayout, vaultFolder } from "#vault/cells/layout.ts";
import type { SyncState } from "./sync-state.ts";

/** What this device knows of its own writes. */
type Own = Pick<SyncState, "keys" | "name" | "seen" | "head" | "unsent">;

/**
 * Refuses a branch of this device that this home has not written: two copies of one home would
 * otherwise count with one token, and a home that is older than its last round would give passcodes
 * again. A branch that has gone back is the remote's fault, and not judged here. Throws FobError
 * `denied`.
 */
export function refuseTwin(state: Own, shown: SeenHead): void {
  const { keys, name, seen, head, unsent = [] } = state;
  const sent = ownValue(seen, deviceId(keys)) ?? null;
  const isOwn = [sent, head, ...unsent].some(
    (own) => own?.number === shown.number && own.hash === shown.hash,
  );
  if (isOwn || shown.number < (sent?.number ?? 0)) return;
  throw new FobError(
    "denied",
    t`another copy of this home synchronises as ${name}, or this one is older than its last sync`,
    {
      hint: t(
        "a copy: `fob sync leave --local` and `fob sync join` make it a device of its own; a home that was restored, and is the only one in use: `fob sync --restored`",
      ),
    },
  );
}

/**
 * Where a home is: another one for every copy of it. A home that has moved writes once, so that the
 * copy in the former place, if it is still used, is refused there.
 */
export function placeOfHome({ home }: Pick<VaultLayout, "home">): string {
  const folder = realpathSync(vaultFolder(home));
  const { ino } = statSync(folder);
  return createHash("sha256").update(`${ino} ${folder}`).digest("hex").slice(0, 16);
}
