import { FobError } from "#base/fob-error.ts";
import { plural, t } from "#base/language.ts";
import { shellWord } from "#base/shell-word.ts";
import { type PinPolicy, pinExpiry } from "#token/pin-policy.ts";
import { forget, type Secret, sameSecret } from "#token/secret.ts";
import type { Token } from "#token/token.ts";
import type { VaultLayout } from "#vault/cells/layout.ts";
import type { Chip } from "#vault/chip/chip.ts";
import { isAuthValue } from "#vault/chip/held-macs.ts";
import {
  afterWiping,
  type GuardKeys,
  guardRecord,
  isGuardedAlike,
  isRemembered,
  isWiped,
  type NewPin,
  openByBiometrics,
  openSecretKey,
  type PinGuard,
  refuseWiped,
  type TokenRecord,
  unguardedSecretKey,
  unguardRecord,
  wipeRecord,
} from "#vault/tokens/token-record.ts";
import { attemptsOfToken, clearAttempts, failedAttempts, removeAttempts } from "./attempts.ts";
import { judge } from "./guess.ts";
import { askNewPin, askUntil, isTheSame, type PinPrompt, refusedPin } from "./pin-prompt.ts";

/** The functions of an open vault that token PINs use. */
interface GuardedTokens {
  readonly layout: VaultLayout;
  readonly vaultKey: Secret;
  chip(): Chip;
  read(id: string): TokenRecord;
  update(id: string, change: (record: TokenRecord) => TokenRecord): void;
  amend(id: string, change: (token: Token) => Token): Token;
}

/** The state of a PIN. `attemptsLeft` is null when fob does not check a PIN. */
export interface PinState {
  readonly attemptsLeft: number | null;
  readonly locked: boolean;
}

/**
 * Opens the key of a token's secret; asks for the token's PIN if it has one. Throws FobError
 * `denied` for a wrong PIN, `locked` after too many.
 */
export async function askSecretKey(
  vault: GuardedTokens,
  record: TokenRecord,
  prompt: PinPrompt,
): Promise<Secret> {
  refuseWiped(record);
  const { token, guard } = record;
  if (!guard) return unguardedSecretKey(record, vault.vaultKey);
  const secretKey = await askUntil(prompt, { of: token.name, role: "current" }, (pin) =>
    secretKeyByPin(vault, record, guard, pin),
  );
  if (secretKey) return secretKey;
  throw new FobError("denied", t`wrong PIN for ${token.name}, the last one: its secret was wiped`, {
    hint: afterWiping(),
  });
}

/**
 * {@link askSecretKey} for using the token: a PIN that must be changed is changed first. Throws
 * FobError `locked` when no person can do that.
 */
export async function askToUse(
  vault: GuardedTokens,
  record: TokenRecord,
  prompt: PinPrompt,
  now: Date,
): Promise<Secret> {
  const overdue = record.guard && overdueReason(record.guard, now);
  // a person who must choose a new PIN first types the current one
  const released = overdue ? null : await recognizePerson(vault, record, prompt);
  if (released) return released;
  const secretKey = await askSecretKey(vault, record, prompt);
  if (!record.guard || !overdue) return secretKey;
  const { name } = record.token;
  const reason = new FobError("locked", t`the PIN of ${name} must be changed: ${overdue}`, {
    hint: `\`fob pin change ${shellWord(name)}\``,
  });
  if (!prompt.interactive) {
    forget(secretKey);
    throw reason;
  }
  return changeTokenPin(vault, record, secretKey, {
    prompt,
    policy: record.guard.policy,
    now,
    reason,
  });
}

/**
 * Asks for a new PIN of a token and sets it. The PIN must fit the policy, and differ from the PINs
 * that the token remembers. Returns the secret key: a new one where a chip holds the secret.
 */
export async function changeTokenPin(
  vault: GuardedTokens,
  record: TokenRecord,
  secretKey: Secret,
  {
    prompt,
    policy,
    now,
    reason = null,
  }: {
    readonly prompt: PinPrompt;
    readonly policy: PinPolicy;
    readonly now: Date;
    readonly reason?: FobError | null;
  },
): Promise<Secret> {
  const refuse = async (pin: Secret) => {
    if (await isRemembered(record, vault.vaultKey, pin))
      throw refusedPin({ rule: "history", message: t`it is one of the last ${policy.history}` });
    const opened = record.guard && (await openSecretKey(record, vault.vaultKey, pin));
    // a chip is not asked: it would count this as a wrong PIN
    const isSame = opened !== null && (!record.held || sameSecret(opened, secretKey));
    forget(opened);
    if (isSame) throw refusedPin(isTheSame());
  };
  const pin = await askNewPin(prompt, record.token.name, policy, { refuse, reason });
  // a changed PIN was chosen by its user; the first one may come from somebody else
  const isOwn = prompt.interactive || record.guard !== null;
  await setTokenPin(vault, record, secretKey, { pin, policy, setAt: now, isOwn });
  const current =
    record.held && (await openSecretKey(vault.read(record.token.id), vault.vaultKey, pin));
  forget(pin);
  return current ?? secretKey;
}

/** Protects a token with a PIN. `secretKey` proves that the caller could open the token before. */
export async function setTokenPin(
  vault: GuardedTokens,
  record: TokenRecord,
  secretKey: Secret,
  pin: NewPin,
): Promise<void> {
  const guarded = await guardRecord(record, guardKeys(vault, secretKey), pin);
  replaceGuard(vault, record, guarded);
  clearAttempts(attemptsOfToken(vault, record.token.id));
}

/** Removes the PIN of a token. Throws FobError `denied` when its issuer requires one. */
export async function removeTokenPin(
  vault: GuardedTokens,
  record: TokenRecord,
  secretKey: Secret,
): Promise<void> {
  if (record.guard?.policy.required) {
    throw new FobError(
      "denied",
      t`the issuer of ${record.token.name} asks for a PIN: it can be changed, not removed`,
    );
  }
  replaceGuard(vault, record, await unguardRecord(record, guardKeys(vault, secretKey)));
  removeAttempts(attemptsOfToken(vault, record.token.id));
}

function guardKeys(vault: GuardedTokens, secretKey: Secret): GuardKeys {
  return { vaultKey: vault.vaultKey, secretKey, chip: () => vault.chip() };
}

/** The state of a token's PIN. */
export function tokenPinState(vault: GuardedTokens, record: TokenRecord): PinState {
  if (!record.guard) return { attemptsLeft: null, locked: false };
  if (isWiped(record)) return { attemptsLeft: 0, locked: true };
  const { policy } = record.guard;
  return pinState(policy, failedAttempts(attemptsOfToken(vault, record.token.id), policy.attempts));
}

/** The state of a PIN with this policy after `failed` wrong attempts in a row. */
export function pinState(policy: PinPolicy, failed: number): PinState {
  const attemptsLeft = Math.max(0, policy.attempts - failed);
  return { attemptsLeft, locked: attemptsLeft === 0 };
}

/** Why a PIN must be changed before it is used, or null. */
export function overdueReason({ policy, setAt, mustChange }: PinGuard, now: Date): string | null {
  if (mustChange) return t("it was chosen by somebody else");
  const expiry = pinExpiry(setAt, policy);
  return expiry && expiry <= now ? t("it has expired") : null;
}

/** Opens the secret key by biometrics; null when the PIN is needed. */
async function recognizePerson(
  vault: GuardedTokens,
  record: TokenRecord,
  prompt: PinPrompt,
): Promise<Secret | null> {
  const { token, guard } = record;
  if (!guard?.biometric || isWiped(record) || tokenPinState(vault, record).locked) return null;
  const key = await prompt.release({ of: token.name, item: `biometric-${token.id}` });
  const secretKey = key && openByBiometrics(record, vault.vaultKey, key);
  forget(key);
  return secretKey;
}

/** Null for the last wrong PIN, after which the policy wipes the secret: no other is asked for. */
async function secretKeyByPin(
  vault: GuardedTokens,
  record: TokenRecord,
  { policy }: PinGuard,
  pin: Secret,
): Promise<Secret | null> {
  const { id, name } = record.token;
  let wasWiped = false;
  const guess = judge(attemptsOfToken(vault, id), {
    limit: policy.attempts,
    check: async () => {
      // the PIN may have been changed, or the token wiped, during the prompt
      const current = vault.read(id);
      refuseWiped(current);
      const key = await openSecretKey(current, vault.vaultKey, pin);
      const isWrong = key && current.held && !(await isAuthValue(vault.chip(), current.held, key));
      return isWrong ? null : key;
    },
    atLimit: () => {
      wasWiped = wipeAtLimit(vault, id, policy);
    },
  });
  const verdict = await guess.catch((error: unknown) => {
    // an earlier process had counted the last wrong PIN, and was killed then
    if (wasWiped) refuseWiped(vault.read(id));
    throw error;
  });
  if (verdict.opened) return verdict.opened;
  if (wasWiped) return null;
  throw new FobError(
    "denied",
    t`wrong PIN for ${name} (${plural(verdict.attemptsLeft, "attempt")} left)`,
  );
}

/**
 * Wipes the secret if the policy says so. If the process is killed before this, the next guess does
 * it. Returns whether it was wiped.
 */
function wipeAtLimit(vault: GuardedTokens, id: string, { atLimit }: PinPolicy): boolean {
  if (atLimit !== "wipe") return false;
  vault.update(id, wipeRecord);
  removeAttempts(attemptsOfToken(vault, id));
  return true;
}

/** Replaces only the guard, because the counter may have moved on since `before` was read. */
function replaceGuard(vault: GuardedTokens, before: TokenRecord, after: TokenRecord): void {
  const { guard, wrappedSecretKey, held } = after;
  vault.update(before.token.id, (record) => {
    if (!isGuardedAlike(record, before)) {
      throw new FobError(
        "denied",
        t`the PIN of ${before.token.name} was changed by another process`,
      );
    }
    const token = { ...record.token, pin: after.token.pin };
    // the counter in the chip may have been moved meanwhile
    const { counter } = record.held ?? {};
    const current = held && counter ? { ...held, counter } : held;
    return { ...record, guard, wrappedSecretKey, held: current, token };
  });
  vault.amend(before.token.id, (token) => ({ ...token, pin: after.token.pin }));
}
