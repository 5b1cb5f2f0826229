import { removeQuietly } from "#base/durable-file.ts";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { forget, type Secret } from "#token/secret.ts";
import { formerSecretsFile } from "#vault/cells/layout.ts";
import { attemptsOfApp, failedAttempts } from "#vault/pins/attempts.ts";
import { askNewPassphrase } from "#vault/pins/pin-prompt.ts";
import { Vault } from "#vault/vault.ts";
import { type AppPinProof, askAppPin, recoverWithoutPin } from "./app-pin-opening.ts";
import { appPinPolicy } from "./app-pin-slot.ts";
import {
  createHeader,
  type Header,
  isExported,
  newVaultId,
  readHeader,
  type Slot,
} from "./header.ts";
import { findKey } from "./kept-key.ts";
import type { KeyStore } from "./key-store.ts";
import type { KeychainKind } from "./keychain-kind.ts";
import { newKey } from "./keys.ts";
import { addRecoveryCode } from "./recovery.ts";
import {
  findSlot,
  keychainSlot,
  openBiometricSlot,
  openKeychainSlot,
  openPinSlot,
  pinSlot,
  stretchNewPin,
} from "./slots.ts";
import type { VaultAccess } from "./vault-access.ts";

/** What opened a vault. The caller may use the PIN to change the slots, and wipes it. */
export type Proof = { readonly kind: "keychain" | "biometric" } | AppPinProof;

/**
 * An open vault, what opened it, and its header at that time: slots may be changed only while the
 * header is still the same.
 */
export interface OpenedVault {
  readonly vault: Vault;
  readonly header: Header;
  readonly proof: Proof;
}

/** Opens the vault below the home; null when there is none yet. */
export async function openVault(access: VaultAccess): Promise<Vault | null> {
  const opened = await openToChange(access, { byPin: false });
  if (opened?.proof.kind === "pin") forget(opened.proof.pin);
  return opened?.vault ?? null;
}

/**
 * {@link openVault} for callers that change its slots. With `byPin`, biometrics do not replace the
 * app PIN.
 */
export async function openToChange(
  access: VaultAccess,
  { byPin }: { readonly byPin: boolean },
): Promise<OpenedVault | null> {
  const header = readHeader(access.home);
  if (header) refuseExported(header);
  if (header) refuseOtherKeychain(header, access);
  removeQuietly(formerSecretsFile(access.home));
  return header && unlock(header, access, byPin);
}

/**
 * Creates a vault with its key in the keychain `kind`, and opens it; with `none`, asks for a
 * passphrase first. If another process creates a vault meanwhile, that one is opened, provided that
 * its keychain or the same passphrase opens it; else throws FobError `denied`.
 */
export async function createVault(
  kind: KeychainKind,
  access: VaultAccess,
): Promise<{ readonly vault: Vault; readonly isNew: boolean }> {
  const id = newVaultId();
  const vaultKey = newKey();
  const passphrase = kind === "none" ? await askNewPassphrase(access.pinPrompt, null) : null;
  try {
    const slot = await firstSlot(
      id,
      vaultKey,
      passphrase,
      kind === "none" ? null : access.keyStore(kind),
    );
    const header = createHeader(access.home, { id, keychain: kind, slots: [slot] });
    if (header.id === id)
      return {
        vault: new Vault(
          { home: access.home, vaultId: id },
          vaultKey,
          kind === "none",
          access.chip,
        ),
        isNew: true,
      };
    forget(vaultKey);
    return { vault: await openOther(header, access, passphrase), isNew: false };
  } finally {
    forget(passphrase);
  }
}

/**
 * The vault's key from its keychain, or null for `none`. Throws FobError `unavailable` when it is
 * gone or the keychain cannot be reached, `invalid` when it is another vault's.
 */
export async function keychainKey(header: Header, access: VaultAccess): Promise<Secret | null> {
  if (header.keychain === "none") return null;
  const found = await findKey(header, access);
  if ("key" in found) return found.key;
  throw found.trouble;
}

/** Opens the vault key by biometrics; null when the PIN is needed. */
async function recognizePerson(
  header: Header,
  { home, pinPrompt }: VaultAccess,
): Promise<Secret | null> {
  const slot = findSlot(header, "biometric");
  const { attempts } = appPinPolicy(header);
  if (!slot || failedAttempts(attemptsOfApp({ home, vaultId: header.id }), attempts) >= attempts)
    return null;
  const key = await pinPrompt.release({ of: null, item: "biometric" });
  const vaultKey = key && openBiometricSlot(header.id, slot, key);
  forget(key);
  return vaultKey;
}

/** Throws FobError `denied` for a home that was exported for a grant. */
export function refuseExported(header: Header): void {
  if (!isExported(header)) return;
  throw new FobError("denied", t("this home was exported for a grant, and opens with that alone"), {
    hint: t("set FOB_GRANT to the grant, or choose another home with --home"),
  });
}

function refuseOtherKeychain(header: Header, { keychain }: VaultAccess): void {
  if (keychain === null || keychain === header.keychain) return;
  throw new FobError(
    "usage",
    t`the key of this vault is kept by "${header.keychain}", not by "${keychain}"`,
    {
      hint: t(
        "leave out --keychain and FOB_KEYCHAIN: the vault knows; they count when a vault is made",
      ),
    },
  );
}

async function unlock(header: Header, access: VaultAccess, byPin: boolean): Promise<OpenedVault> {
  const layout = { home: access.home, vaultId: header.id };
  const slot = findSlot(header, "keychain");
  if (!slot) return unlockGuarded(header, access, byPin);
  if (header.keychain === "none")
    throw new FobError(
      "invalid",
      t("the header of the vault names a keychain slot, but no keychain"),
    );
  const found = await findKey(header, access);
  if ("trouble" in found) {
    const opening = await recoverWithoutPin(header, access, found.trouble);
    return { ...opening, vault: new Vault(layout, opening.vaultKey, true, access.chip) };
  }
  const { key } = found;
  if (!key) throw new Error("a key without a PIN is read without one");
  const vaultKey = openKeychainSlot(header.id, slot, key);
  forget(key);
  return {
    vault: new Vault(layout, vaultKey, false, access.chip),
    header,
    proof: { kind: "keychain" },
  };
}

async function unlockGuarded(
  header: Header,
  access: VaultAccess,
  byPin: boolean,
): Promise<OpenedVault> {
  const layout = { home: access.home, vaultId: header.id };
  const released = byPin ? null : await recognizePerson(header, access);
  if (released)
    return {
      vault: new Vault(layout, released, true, access.chip),
      header,
      proof: { kind: "biometric" },
    };
  const opening = await askAppPin(header, access);
  const vault = new Vault(layout, opening.vaultKey, true, access.chip);
  const { recoveryCodes, pinPrompt } = access;
  const lacksCode = header.keychain === "none" && !findSlot(header, "recovery");
  if (!lacksCode || !recoveryCodes || !pinPrompt.interactive) return { ...opening, vault };
  return { ...opening, vault, header: addRecoveryCode(vault, opening.header, recoveryCodes) };
}

/**
 * Opens the vault that another process has created meanwhile, without asking for its PIN. The new
 * passphrase is tried and not counted as an attempt, because it was meant for another vault.
 */
async function openOther(
  header: Header,
  access: VaultAccess,
  passphrase: Secret | null,
): Promise<Vault> {
  refuseOtherKeychain(header, access);
  if (!passphrase && findSlot(header, "keychain"))
    return (await unlock(header, access, false)).vault;
  const slot = findSlot(header, "passphrase");
  const vaultKey = slot && passphrase && (await openPinSlot(header.id, slot, null, passphrase));
  if (vaultKey)
    return new Vault({ home: access.home, vaultId: header.id }, vaultKey, true, access.chip);
  throw new FobError(
    "denied",
    t("another process has made the vault meanwhile: nothing was changed"),
    {
      hint: t("run the command again: it asks for what opens that vault"),
    },
  );
}

/** The slot of a new vault: for its passphrase, or for a key in the store. */
async function firstSlot(
  id: string,
  vaultKey: Secret,
  passphrase: Secret | null,
  store: KeyStore | null,
): Promise<Slot> {
  if (passphrase) return pinSlot(id, vaultKey, null, await stretchNewPin(passphrase));
  if (!store) throw new Error("a new vault needs a passphrase or a keychain");
  const key = await store.provide(id, newKey());
  const slot = keychainSlot(id, vaultKey, { key, item: null });
  forget(key);
  return slot;
}
