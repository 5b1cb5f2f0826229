import { removeQuietly } from "#base/durable-file.ts";
import { asFobError } from "#base/file-error.ts";
import { FobError } from "#base/fob-error.ts";
import { plural, t } from "#base/language.ts";
import { PASSPHRASE_POLICY, type PinPolicy, USER_PIN_POLICY } from "#token/pin-policy.ts";
import { forget, type Secret } from "#token/secret.ts";
import { formerSecretsFile } from "#vault/cells/layout.ts";
import { attemptsOfApp, failedAttempts } from "#vault/pins/attempts.ts";
import { judge } from "#vault/pins/guess.ts";
import { askNewPassphrase, askUntil } from "#vault/pins/pin-prompt.ts";
import { Vault } from "#vault/vault.ts";
import {
  createHeader,
  type Header,
  isExported,
  newVaultId,
  readHeader,
  replaceSlots,
  type Slot,
} from "./header.ts";
import { findKey } from "./kept-key.ts";
import type { KeyStore } from "./key-store.ts";
import type { KeychainKind } from "./keychain-kind.ts";
import { newKey } from "./keys.ts";
import { addRecoveryCode } from "./recovery.ts";
import { isLikeRecoveryCode, parseRecoveryCode } from "./recovery-code.ts";
import {
  findSlot,
  keychainSlot,
  keyItemOf,
  openBiometricSlot,
  openKeychainSlot,
  openPinSlot,
  openRecoverySlot,
  pinSlot,
  withKeyCheck,
} from "./slots.ts";
import type { VaultAccess } from "./vault-access.ts";

/** What opened a vault. The caller may use the PIN to change the slots, and wipes it. */
export type Proof =
  | { readonly kind: "keychain" | "biometric" | "recovery" }
  | { readonly kind: "pin"; readonly pin: Secret };

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
        vault: new Vault({ home: access.home, vaultId: id }, vaultKey, kind === "none"),
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

/** The policy for the app PIN. Without a keychain it must be a passphrase. */
export function appPinPolicy(header: Pick<Header, "keychain">): PinPolicy {
  return header.keychain === "none" ? PASSPHRASE_POLICY : USER_PIN_POLICY;
}

/** The slot that the app PIN opens, or null when there is no app PIN. */
export function appPinSlot(header: Header) {
  return findSlot(header, "keychain-pin") ?? findSlot(header, "passphrase");
}

/** The name of the app PIN: without a keychain it is a passphrase. */
export function appPinInWords({ keychain }: Pick<Header, "keychain">): string {
  return keychain === "none" ? t("passphrase") : t("app PIN");
}

/** The vault key, and what opened it. */
interface Opening {
  readonly vaultKey: Secret;
  readonly proof: Proof;
  /** The current header, to which a missing key check may have been added. */
  readonly header: Header;
}

/**
 * Asks for the app PIN and opens the vault key with it. The recovery code is accepted in its place,
 * and asked for when the keychain's key is missing.
 */
async function askAppPin(header: Header, access: VaultAccess): Promise<Opening> {
  const role = header.keychain === "none" ? "passphrase" : "current";
  const opening = await askUntil(access.pinPrompt, { of: null, role }, async (pin) => {
    const recovered = recover(header, pin);
    if (recovered) return { vaultKey: recovered, proof: { kind: "recovery" }, header } as const;
    const isLikeCode = isLikeRecoveryCode(pin.toString("utf8"));
    const found = header.keychain === "none" ? { key: null } : await findKey(header, access);
    // for a mistyped recovery code, neither the PIN nor the keychain is the problem to report
    if ("trouble" in found)
      return isLikeCode ? Promise.reject(wrongRecoveryCode(pin)) : found.trouble;
    if (!isLikeCode) return openWithPin(header, access, pin, { key: found.key, isCounted: true });
    return openWithPin(header, access, pin, { key: found.key, isCounted: false }).catch(
      (error: unknown) => {
        throw error instanceof FobError && error.code !== "interrupted"
          ? wrongRecoveryCode(pin)
          : error;
      },
    );
  });
  return opening instanceof FobError ? askRecoveryCode(header, access, opening) : opening;
}

/**
 * Asks for the recovery code because of `trouble` with the keychain's key; throws `trouble` when
 * the vault has no code or no person can be asked.
 */
function askRecoveryCode(
  header: Header,
  { pinPrompt }: VaultAccess,
  trouble: FobError,
): Promise<Opening> {
  if (!findSlot(header, "recovery")) throw trouble;
  return askUntil(pinPrompt, { of: null, role: "recovery", refusal: trouble }, async (code) => {
    const vaultKey = recover(header, code);
    if (vaultKey) return { vaultKey, proof: { kind: "recovery" }, header };
    throw wrongRecoveryCode(code);
  });
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
  const key = await keychainKey(header, access);
  if (!key)
    throw new FobError(
      "invalid",
      t("the header of the vault names a keychain slot, but no keychain"),
    );
  const vaultKey = openKeychainSlot(header.id, slot, key);
  forget(key);
  return { vault: new Vault(layout, vaultKey, false), header, proof: { kind: "keychain" } };
}

async function unlockGuarded(
  header: Header,
  access: VaultAccess,
  byPin: boolean,
): Promise<OpenedVault> {
  const layout = { home: access.home, vaultId: header.id };
  const released = byPin ? null : await recognizePerson(header, access);
  if (released)
    return { vault: new Vault(layout, released, true), header, proof: { kind: "biometric" } };
  const opening = await askAppPin(header, access);
  const vault = new Vault(layout, opening.vaultKey, true);
  const { recoveryCodes, pinPrompt } = access;
  const lacksCode = header.keychain === "none" && !findSlot(header, "recovery");
  if (!lacksCode || !recoveryCodes || !pinPrompt.interactive) return { ...opening, vault };
  return { ...opening, vault, header: addRecoveryCode(vault, opening.header, recoveryCodes) };
}

/**
 * Opens the vault key with the app PIN; `isCounted` says whether a wrong one counts as an attempt.
 */
async function openWithPin(
  header: Header,
  access: VaultAccess,
  pin: Secret,
  { key, isCounted }: { readonly key: Secret | null; readonly isCounted: boolean },
): Promise<Opening> {
  if (!appPinSlot(header))
    throw new FobError("invalid", t("the header of the vault has no way to open it"));
  const layout = { home: access.home, vaultId: header.id };
  const limit = appPinPolicy(header).attempts;
  try {
    const verdict = await judge(attemptsOfApp(layout), {
      limit,
      check: async () => {
        const tried = await tryPin(header, access, key, pin);
        if (!tried && !isCounted) throw wrongRecoveryCode(pin);
        return tried;
      },
    });
    if (!verdict.opened)
      throw new FobError(
        "denied",
        t`wrong ${appPinInWords(header)} (${plural(verdict.attemptsLeft, "attempt")} left)`,
      );
    const { vaultKey, current } = verdict.opened;
    return {
      vaultKey,
      proof: { kind: "pin", pin: Buffer.from(pin) },
      header: noteKeyCheck(current, layout, key),
    };
  } catch (error) {
    throw error instanceof FobError && error.code === "locked" ? lockedHere(header, limit) : error;
  } finally {
    forget(key);
  }
}

/** The vault key and the header that it was opened with; null when the PIN is wrong. */
async function tryPin(
  before: Header,
  { home }: VaultAccess,
  key: Secret | null,
  pin: Secret,
): Promise<{ readonly vaultKey: Secret; readonly current: Header } | null> {
  // the PIN may have been changed during the prompt
  const current = readHeader(home);
  const slot = current?.id === before.id ? appPinSlot(current) : null;
  if (!current || !slot)
    throw new FobError("denied", t("the app PIN was removed by another process"));
  if (current.keychain !== before.keychain || keyItemOf(current) !== keyItemOf(before))
    throw new FobError("denied", t("another process has given this vault another key meanwhile"));
  const vaultKey = await openPinSlot(before.id, slot, key, pin);
  return vaultKey && { vaultKey, current };
}

/**
 * The error for a wrong recovery code, which does not count as an attempt: 128 random bits cannot
 * be guessed.
 */
function wrongRecoveryCode(given: Secret): FobError {
  if (!parseRecoveryCode(given.toString("utf8")))
    return new FobError(
      "denied",
      t("a digit of this recovery code is wrong (no attempt was counted)"),
    );
  return new FobError(
    "denied",
    t("this recovery code is not the one of this vault (no attempt was counted)"),
    {
      hint: t("`fob pin set` and `fob pin change` make a new code, and the one before is void"),
    },
  );
}

/** Adds the key check to a vault of an earlier version, now that its key is known to be right. */
function noteKeyCheck(header: Header, layout: Vault["layout"], key: Secret | null): Header {
  const slot = findSlot(header, "keychain-pin");
  if (!slot || !key || slot.keyCheck !== undefined) return header;
  const slots = header.slots.map((one) =>
    one === slot ? withKeyCheck(header.id, slot, key) : one,
  );
  try {
    return replaceSlots(layout, header, { slots });
  } catch (error) {
    // the vault opens without it; the next right PIN tries again
    if (asFobError(error).code !== "internal") return header;
    throw error;
  }
}

/** The error after too many wrong PINs, with a hint for this vault. */
function lockedHere(header: Header, limit: number): FobError {
  const hint = findSlot(header, "recovery")
    ? t("the recovery code opens the vault in its place: `fob pin change` with it sets a new one")
    : t('this vault has no recovery code: docs/troubleshooting.md, "locked", says what helps');
  return new FobError(
    "locked",
    t`the ${appPinInWords(header)} is locked after ${limit} wrong attempts`,
    { hint },
  );
}

function recover(header: Header, pin: Secret): Secret | null {
  const slot = findSlot(header, "recovery");
  const code = parseRecoveryCode(pin.toString("utf8"));
  return slot && code && openRecoverySlot(header.id, slot, code);
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
  if (vaultKey) return new Vault({ home: access.home, vaultId: header.id }, vaultKey, true);
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
  if (passphrase) return pinSlot(id, vaultKey, null, passphrase);
  if (!store) throw new Error("a new vault needs a passphrase or a keychain");
  const key = await store.provide(id, newKey());
  const slot = keychainSlot(id, vaultKey, { key, item: null });
  forget(key);
  return slot;
}
