import { FobError } from "../fob-error.ts";
import { type PinPolicy, USER_PIN_POLICY } from "../token/pin-policy.ts";
import type { Secret } from "../token/secret.ts";
import { clearAttempts, countAttempt, failedAttempts } from "./attempts.ts";
import { askUntil, type PinPrompt } from "./pin-prompt.ts";
import { guardRecord, openSecretKey, openUnguardedSecretKey, type TokenRecord, unguardRecord } from "./token-record.ts";
import type { Vault } from "./vault.ts";

/** The state of a PIN. `attemptsLeft` is null where no PIN of ours is checked. */
export interface PinState {
  readonly attemptsLeft: number | null;
  readonly locked: boolean;
}

/**
 * The key of a token's secret; asks for the token's PIN where it has one. Throws FobError `denied` for a wrong PIN,
 * `locked` after too many.
 */
export function askSecretKey(vault: Vault, record: TokenRecord, prompt: PinPrompt): Promise<Secret> {
  if (!record.guard) return Promise.resolve(unguardedSecretKey(vault, record));
  return askUntil(prompt, { of: record.token.name, role: "current" }, (pin) => secretKeyByPin(vault, record, pin));
}

/** The key of the secret of a token without a PIN. */
export function unguardedSecretKey(vault: Vault, record: TokenRecord): Secret {
  const key = openUnguardedSecretKey(record, vault.vaultKey);
  if (key) return key;
  throw new FobError("invalid", `the record of ${record.token.name} is damaged`);
}

/** Guards a token with a PIN. `secretKey` proves that the caller could open it before. */
export async function setTokenPin(
  vault: Vault,
  record: TokenRecord,
  secretKey: Secret,
  pin: Secret,
  policy: PinPolicy = USER_PIN_POLICY,
): Promise<void> {
  const guarded = await guardRecord(record, { vaultKey: vault.vaultKey, secretKey }, pin, policy);
  replaceGuard(vault, record, guarded);
  clearAttempts(vault.layout, record.token.id);
}

/** Takes the PIN off a token. */
export function removeTokenPin(vault: Vault, record: TokenRecord, secretKey: Secret): void {
  replaceGuard(vault, record, unguardRecord(record, { vaultKey: vault.vaultKey, secretKey }));
  clearAttempts(vault.layout, record.token.id);
}

/** How many wrong PINs a token still allows. */
export function tokenPinState(vault: Vault, record: TokenRecord): PinState {
  return record.guard
    ? pinState(record.guard.policy, failedAttempts(vault.layout, record.token.id))
    : { attemptsLeft: null, locked: false };
}

/** The state of a PIN under `policy` after `failed` wrong attempts in a row. */
export function pinState(policy: PinPolicy, failed: number): PinState {
  const attemptsLeft = Math.max(0, policy.attempts - failed);
  return { attemptsLeft, locked: attemptsLeft === 0 };
}

async function secretKeyByPin(vault: Vault, record: TokenRecord, pin: Secret): Promise<Secret> {
  const { token, guard } = record;
  const limit = (guard?.policy ?? USER_PIN_POLICY).attempts;
  countAttempt(vault.layout, token.id, limit);
  const secretKey = await openSecretKey(record, vault.vaultKey, pin);
  if (!secretKey) {
    const left = limit - failedAttempts(vault.layout, token.id);
    throw new FobError("denied", `wrong PIN for ${token.name} (${left} ${left === 1 ? "attempt" : "attempts"} left)`);
  }
  clearAttempts(vault.layout, token.id);
  return secretKey;
}

/** Only the guard changes: the counter may have moved on since `before` was read. */
function replaceGuard(vault: Vault, before: TokenRecord, after: TokenRecord): void {
  const { guard, wrappedSecretKey } = after;
  vault.update(before.token.id, (record) => {
    if (record.wrappedSecretKey !== before.wrappedSecretKey) {
      throw new FobError("denied", `the PIN of ${before.token.name} was changed by another process`);
    }
    return { ...record, guard, wrappedSecretKey, token: { ...record.token, pin: after.token.pin } };
  });
  vault.amend(before.token.id, (token) => ({ ...token, pin: after.token.pin }));
}
