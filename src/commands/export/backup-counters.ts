import { t } from "#base/language.ts";
import type { NamedDraft } from "#commands/enroll/named-draft.ts";
import { counterOf, joinCounters } from "#token/counter.ts";
import type { Credential } from "#token/credential.ts";
import { forget } from "#token/secret.ts";
import { keyOfSecret } from "#vault/belongings/belongings-key.ts";
import { markUsed, sealCodes } from "#vault/belongings/recovery-codes.ts";
import { countingKey, readSound, soundFingerprint } from "#vault/tokens/same-secret.ts";
import { isCounting } from "#vault/tokens/token-index.ts";
import { fingerprintOf, withCounter } from "#vault/tokens/token-record.ts";
import type { Vault } from "#vault/vault.ts";

/** An existing token, and the counter that it took from a backup. */
export interface RaisedCounter {
  readonly name: string;
  readonly kind: Credential["kind"];
  readonly counter: bigint;
}

/**
 * Advances existing event-based tokens to the backup's counter for their secret, where that is
 * higher: the passcodes before it were given elsewhere. Returns the changed tokens.
 */
export function raiseCounters(vault: Vault, backup: readonly NamedDraft[]): RaisedCounter[] {
  const counters = new Map<string, bigint>();
  for (const { draft } of backup) {
    const counter = counterOf(draft.credential);
    const key = countingKey(fingerprintOf(draft.secret, vault.vaultKey), draft.credential);
    if (counter !== null)
      counters.set(key, joinCounters(draft.credential.kind, counters.get(key) ?? 0n, counter));
  }
  if (counters.size === 0) return [];
  return vault
    .entries()
    .filter(isCounting)
    .flatMap(({ id }) => raiseTo(vault, id, counters) ?? []);
}

/**
 * Marks recovery codes of existing tokens as used that the backup has as used: they were given
 * elsewhere.
 */
export function takeUsedCodes(vault: Vault, backup: readonly NamedDraft[]): void {
  const drafts = new Map(
    backup
      .filter(({ draft }) => draft.recoveryCodes?.some(({ usedAt }) => usedAt !== null))
      .map(({ draft }) => [fingerprintOf(draft.secret, vault.vaultKey), draft]),
  );
  if (drafts.size === 0) return;
  for (const { id } of vault.entries()) {
    const draft = drafts.get(soundFingerprint(vault, readSound(vault, id)) ?? "");
    if (!draft) continue;
    const key = keyOfSecret(draft, draft.secret);
    markUsed(vault, id, sealCodes(draft.recoveryCodes ?? [], key));
    forget(key);
  }
}

/** The message about such a token. */
export function describeRaised({ name, kind, counter }: RaisedCounter): string {
  if (kind === "list")
    return t`${name} is there already: what the backup has as given of it stays given`;
  return t`${name} is there already: it goes on at the counter ${counter} of the backup`;
}

function raiseTo(
  vault: Vault,
  id: string,
  counters: ReadonlyMap<string, bigint>,
): RaisedCounter | null {
  const record = readSound(vault, id);
  const fingerprint = soundFingerprint(vault, record);
  const counter =
    record && fingerprint && counters.get(countingKey(fingerprint, record.token.credential));
  if (!record || !counter || withCounter(record, counter) === record) return null;
  vault.update(id, (current) => withCounter(current, counter));
  return { name: record.token.name, kind: record.token.credential.kind, counter };
}
