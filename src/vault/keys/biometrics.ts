import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { forget, type Secret } from "#token/secret.ts";
import { currentHeader } from "#vault/pins/app-pin.ts";
import { isGuardedAlike, type TokenRecord, withBiometrics } from "#vault/tokens/token-record.ts";
import type { Vault } from "#vault/vault.ts";
import { appPinSlot } from "./app-pin-slot.ts";
import { type Header, readHeader, replaceSlots, updateSlots } from "./header.ts";
import type { KeyItem, KeyStore } from "./key-store.ts";
import { newKey } from "./keys.ts";
import type { OpenedVault } from "./open.ts";
import { biometricSlot, findSlot } from "./slots.ts";
import type { VaultAccess } from "./vault-access.ts";

/**
 * Lets biometrics replace the app PIN: the vault key is wrapped by a separate key in the keychain.
 * The caller has opened the vault by its PIN, and the platform has recognised the person. Throws
 * FobError `denied` when another process has changed the PIN or key meanwhile.
 */
export async function enableForApp(
  { vault, header }: OpenedVault,
  access: VaultAccess,
): Promise<void> {
  const key = await provideKey(header, "biometric", access);
  const slot = biometricSlot(header.id, vault.vaultKey, key);
  forget(key);
  replaceSlots(vault.layout, header, {
    slots: [...header.slots.filter(({ type }) => type !== "biometric"), slot],
  });
}

/** Turns biometrics off for the app. Returns whether they were on. */
export async function disableForApp(vault: Vault, access: VaultAccess): Promise<boolean> {
  const header = currentHeader(vault);
  updateSlots(vault.layout, (slots) => slots.filter(({ type }) => type !== "biometric"));
  await keyStore(header, "biometric", access)?.remove(header.id);
  return isEnabledForApp(header);
}

/**
 * Turns biometrics off for all tokens of a vault after its key has moved, and removes their keys
 * from the keychain that `header` names. Returns whether they were on for the app or a token. A key
 * that cannot be removed stays: it opens nothing without its wrapping.
 */
export async function closeBiometrics(
  vault: Vault,
  header: Header,
  access: VaultAccess,
): Promise<boolean> {
  const items: KeyItem[] = isEnabledForApp(header) ? ["biometric"] : [];
  for (const { id, pin } of vault.entries()) {
    const record = pin === "user" ? readIfThere(vault, id) : null;
    if (!record?.guard?.biometric) continue;
    setBiometric(vault, record, null);
    items.push(itemOf(record));
  }
  for (const item of items) {
    try {
      await keyStore(header, item, access)?.remove(header.id);
    } catch (error) {
      if (!(error instanceof FobError)) throw error;
    }
  }
  return items.length > 0;
}

/**
 * Null for a token that cannot be read or is being removed: it must not prevent the move of the
 * key.
 */
function readIfThere(vault: Vault, id: string): TokenRecord | null {
  try {
    return vault.read(id);
  } catch (error) {
    if (error instanceof FobError) return null;
    throw error;
  }
}

/** Whether biometrics may replace the app PIN. */
export function isEnabledForApp(header: Header): boolean {
  return findSlot(header, "biometric") !== null;
}

/**
 * Lets biometrics replace a token's PIN. The caller has opened `secretKey` by the PIN, and the
 * platform has recognised the person. Throws FobError `denied` when another process has changed the
 * PIN.
 */
export async function enableForToken(
  vault: Vault,
  record: TokenRecord,
  secretKey: Secret,
  access: VaultAccess,
): Promise<void> {
  const header = currentHeader(vault);
  const released = await provideKey(header, itemOf(record), access);
  const { biometric } = withBiometrics(record, { vaultKey: vault.vaultKey, secretKey, released });
  forget(released);
  setBiometric(vault, record, biometric);
}

/** Turns biometrics off for a token. Returns whether they were on. */
export async function disableForToken(
  vault: Vault,
  record: TokenRecord,
  access: VaultAccess,
): Promise<boolean> {
  if (!record.guard?.biometric) return false;
  setBiometric(vault, record, null);
  const header = currentHeader(vault);
  await keyStore(header, itemOf(record), access)?.remove(header.id);
  return true;
}

/** Throws FobError `usage` when there is no app PIN, or no keychain for the key. */
export function refuseAppBiometrics(vault: Vault): void {
  const header = currentHeader(vault);
  if (header.keychain === "none") throw noKeychain();
  if (appPinSlot(header)) return;
  throw new FobError("usage", t("there is no app PIN that a finger could stand for"), {
    hint: t("`fob pin set` sets one"),
  });
}

/**
 * Throws FobError `usage` for a token without a PIN, `denied` when the policy of its PIN does not
 * allow biometrics.
 */
export function refuseTokenBiometrics(vault: Vault, { token, guard }: TokenRecord): void {
  if (currentHeader(vault).keychain === "none") throw noKeychain();
  if (!guard) {
    throw new FobError("usage", t`${token.name} has no PIN that a finger could stand for`, {
      hint: t("`fob pin set` gives it one"),
    });
  }
  if (!guard.policy.biometric) {
    throw new FobError("denied", t`the policy of ${token.name} wants its PIN: no biometrics`);
  }
}

/**
 * The key for this item in the keychain; null when the vault has no keychain or the key is gone.
 */
export async function releasedKey(
  home: string,
  item: KeyItem,
  access: Pick<VaultAccess, "keyStore">,
): Promise<Secret | null> {
  const header = readHeader(home);
  return (header && (await keyStore(header, item, access)?.read(header.id))) ?? null;
}

/**
 * Changes only this field, because the counter may have moved on since `before` was read. Refuses
 * when the PIN has changed, because a new PIN has no biometrics yet.
 */
function setBiometric(vault: Vault, before: TokenRecord, biometric: string | null): void {
  vault.update(before.token.id, (record) => {
    if (!record.guard || !isGuardedAlike(record, before)) {
      throw new FobError(
        "denied",
        t`the PIN of ${before.token.name} was changed by another process`,
      );
    }
    return { ...record, guard: { ...record.guard, biometric } };
  });
}

async function provideKey(header: Header, item: KeyItem, access: VaultAccess): Promise<Secret> {
  const store = keyStore(header, item, access);
  if (store) return store.provide(header.id, newKey());
  throw noKeychain();
}

function noKeychain(): FobError {
  return new FobError(
    "usage",
    t("this vault has no keychain that could keep a key for biometrics"),
    {
      hint: t("its passphrase is all that guards it"),
    },
  );
}

function keyStore(
  { keychain }: Header,
  item: KeyItem,
  access: Pick<VaultAccess, "keyStore">,
): KeyStore | null {
  return keychain === "none" ? null : access.keyStore(keychain, item);
}

function itemOf({ token }: TokenRecord): KeyItem {
  return `biometric-${token.id}`;
}
