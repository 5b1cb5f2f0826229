import { FobError } from "../fob-error.ts";
import { plural, t } from "../language.ts";
import { PASSPHRASE_POLICY, type PinPolicy, USER_PIN_POLICY } from "../token/pin-policy.ts";
import { forget, type Secret } from "../token/secret.ts";
import { attemptsOfApp, failedAttempts } from "./attempts.ts";
import { judge } from "./guess.ts";
import { createHeader, type Header, type KeychainKind, newVaultId, readHeader, type Slot } from "./header.ts";
import type { KeyItem, KeyStore } from "./key-store.ts";
import { newKey } from "./keys.ts";
import { askNewPin, askUntil, type PinPrompt } from "./pin-prompt.ts";
import { isLikeRecoveryCode, parseRecoveryCode } from "./recovery-code.ts";
import {
  findSlot,
  keychainSlot,
  openBiometricSlot,
  openKeychainSlot,
  openPinSlot,
  openRecoverySlot,
  pinSlot,
} from "./slots.ts";
import { Vault } from "./vault.ts";

/** What opening a vault may need from outside. */
export interface VaultAccess {
  readonly home: string;
  /** Who must keep the key of an existing vault; null when the vault itself says. */
  readonly keychain: KeychainKind | null;
  /** Who keeps the vault's key, or the key of `item`. */
  keyStore(kind: Exclude<KeychainKind, "none">, item?: KeyItem): KeyStore;
  readonly pinPrompt: PinPrompt;
}

/** The open vault below the home, or null when there is none yet. */
export async function openVault(access: VaultAccess): Promise<Vault | null> {
  const header = readHeader(access.home);
  if (header) refuseExported(header);
  if (header) refuseOtherKeychain(header, access);
  return header && unlock(header, access);
}

/**
 * Creates a vault whose key `kind` keeps, and opens it; with `none`, a passphrase is asked for first. If another process
 * creates one meanwhile, that one is opened.
 */
export async function createVault(kind: KeychainKind, access: VaultAccess): Promise<Vault> {
  const id = newVaultId();
  const vaultKey = newKey();
  const slot = await firstSlot(id, vaultKey, kind, access);
  const header = createHeader(access.home, { id, keychain: kind, slots: [slot] });
  if (header.id === id) return new Vault({ home: access.home, vaultId: id }, vaultKey, kind === "none");
  forget(vaultKey);
  return unlock(header, access);
}

/** The key that the header's keychain keeps, or null for `none`. Throws FobError `unavailable` when it is gone. */
export async function keychainKey(header: Header, access: VaultAccess): Promise<Secret | null> {
  if (header.keychain === "none") return null;
  const key = await access.keyStore(header.keychain).read(header.id);
  if (key) return key;
  const place =
    header.keychain === "file"
      ? t("the key file of this vault is gone")
      : t("the keychain holds no key for this vault");
  throw new FobError("unavailable", place, {
    hint: t("a vault opens only together with its key: restore the key, or start anew with another --home"),
  });
}

/** The rules for a PIN of the app. Without a keychain it must be a passphrase. */
export function appPinPolicy(header: Pick<Header, "keychain">): PinPolicy {
  return header.keychain === "none" ? PASSPHRASE_POLICY : USER_PIN_POLICY;
}

/** The slot that the app PIN opens, or null when there is no app PIN. */
export function appPinSlot(header: Header) {
  return findSlot(header, "keychain-pin") ?? findSlot(header, "passphrase");
}

/** Asks for the app PIN and opens the vault key with it. The recovery code is taken in its place. */
function askAppPin(header: Header, access: VaultAccess): Promise<Secret> {
  return askUntil(access.pinPrompt, { of: null, role: "current" }, async (pin) => {
    const recovered = recover(header, pin);
    if (recovered) return recovered;
    if (!isLikeRecoveryCode(pin.toString("utf8"))) return openWithPin(header, access, pin);
    // whoever mistypes the code has lost the PIN, or the keychain: neither is what must be told
    return openWithPin(header, access, pin, { isFree: true }).catch((error: unknown) => {
      throw error instanceof FobError && error.code !== "interrupted" ? wrongRecoveryCode(pin) : error;
    });
  });
}

/** The vault key that the platform releases when it recognises the person; null where the PIN is needed. */
async function recognizePerson(header: Header, { home, pinPrompt }: VaultAccess): Promise<Secret | null> {
  const slot = findSlot(header, "biometric");
  const { attempts } = appPinPolicy(header);
  if (!slot || failedAttempts(attemptsOfApp({ home, vaultId: header.id }), attempts) >= attempts) return null;
  const key = await pinPrompt.release({ of: null, item: "biometric" });
  const vaultKey = key && openBiometricSlot(header.id, slot, key);
  forget(key);
  return vaultKey;
}

function refuseExported({ slots }: Header): void {
  if (slots.length > 0) return;
  throw new FobError("denied", t("this home was exported for a grant, and opens with that alone"), {
    hint: t("set FOB_GRANT to the grant, or choose another home with --home"),
  });
}

function refuseOtherKeychain(header: Header, { keychain }: VaultAccess): void {
  if (keychain === null || keychain === header.keychain) return;
  throw new FobError("usage", t`the key of this vault is kept by "${header.keychain}", not by "${keychain}"`, {
    hint: t("leave out --keychain and FOB_KEYCHAIN: the vault knows; they count when a vault is made"),
  });
}

async function unlock(header: Header, access: VaultAccess): Promise<Vault> {
  const layout = { home: access.home, vaultId: header.id };
  const slot = findSlot(header, "keychain");
  if (!slot)
    return new Vault(layout, (await recognizePerson(header, access)) ?? (await askAppPin(header, access)), true);
  const key = await keychainKey(header, access);
  if (!key) throw new FobError("invalid", t("the header of the vault names a keychain slot, but no keychain"));
  const vaultKey = openKeychainSlot(header.id, slot, key);
  forget(key);
  return new Vault(layout, vaultKey, false);
}

/** Opens the vault key with the app PIN. Where a guess is free, a wrong one is not counted. */
async function openWithPin(
  header: Header,
  access: VaultAccess,
  pin: Secret,
  { isFree } = { isFree: false },
): Promise<Secret> {
  if (!appPinSlot(header)) throw new FobError("invalid", t("the header of the vault has no way to open it"));
  const key = await keychainKey(header, access);
  const verdict = await judge(attemptsOfApp({ home: access.home, vaultId: header.id }), {
    limit: appPinPolicy(header).attempts,
    check: async () => {
      const vaultKey = await tryPin(header, access, key, pin);
      if (!vaultKey && isFree) throw wrongRecoveryCode(pin);
      return vaultKey;
    },
  }).finally(() => forget(key));
  if (verdict.opened) return verdict.opened;
  throw new FobError("denied", t`wrong app PIN (${plural(verdict.attemptsLeft, "attempt")} left)`);
}

/** The vault key, or null when the PIN is wrong. */
async function tryPin(before: Header, { home }: VaultAccess, key: Secret | null, pin: Secret): Promise<Secret | null> {
  // the PIN may have been changed while it was asked for
  const header = readHeader(home);
  const slot = header?.id === before.id ? appPinSlot(header) : null;
  if (slot) return openPinSlot(before.id, slot, key, pin);
  throw new FobError("denied", t("the app PIN was removed by another process"));
}

/** Of 128 bits nobody guesses one: it costs no attempt. */
function wrongRecoveryCode(given: Secret): FobError {
  if (!parseRecoveryCode(given.toString("utf8")))
    return new FobError("denied", t("a digit of this recovery code is wrong (no attempt was counted)"));
  return new FobError("denied", t("this recovery code is not the one of this vault (no attempt was counted)"), {
    hint: t("`fob pin set` and `fob pin change` make a new code, and the one before is void"),
  });
}

function recover(header: Header, pin: Secret): Secret | null {
  const slot = findSlot(header, "recovery");
  const code = parseRecoveryCode(pin.toString("utf8"));
  return slot && code && openRecoverySlot(header.id, slot, code);
}

async function firstSlot(id: string, vaultKey: Secret, kind: KeychainKind, access: VaultAccess): Promise<Slot> {
  if (kind === "none") {
    const passphrase = await askNewPin(access.pinPrompt, null, PASSPHRASE_POLICY);
    const slot = await pinSlot(id, vaultKey, null, passphrase);
    forget(passphrase);
    return slot;
  }
  const key = await access.keyStore(kind).provide(id, newKey());
  const slot = keychainSlot(id, vaultKey, key);
  forget(key);
  return slot;
}
