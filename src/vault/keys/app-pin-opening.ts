import { asFobError } from "#base/file-error.ts";
import { FobError } from "#base/fob-error.ts";
import { plural, t } from "#base/language.ts";
import { forget, type Secret } from "#token/secret.ts";
import type { VaultLayout } from "#vault/cells/layout.ts";
import { attemptsOfApp } from "#vault/pins/attempts.ts";
import { judge } from "#vault/pins/guess.ts";
import { askUntil } from "#vault/pins/pin-prompt.ts";
import { appPinInWords, appPinPolicy, appPinSlot } from "./app-pin-slot.ts";
import { type Header, readHeader, replaceSlots } from "./header.ts";
import { findKey } from "./kept-key.ts";
import { stretchPin } from "./keys.ts";
import { isLikeRecoveryCode, parseRecoveryCode } from "./recovery-code.ts";
import {
  authOf,
  findSlot,
  keyItemOf,
  openRecoverySlot,
  openStretched,
  withKeyCheck,
} from "./slots.ts";
import type { VaultAccess } from "./vault-access.ts";

/** What opened the vault key. The caller may use the PIN to change the slots, and wipes it. */
export type AppPinProof =
  | { readonly kind: "recovery" }
  | { readonly kind: "pin"; readonly pin: Secret };

/** The vault key, and what opened it. */
export interface AppPinOpening {
  readonly vaultKey: Secret;
  readonly proof: AppPinProof;
  /** The current header, to which a missing key check may have been added. */
  readonly header: Header;
}

/**
 * Asks for the app PIN and opens the vault key with it. The recovery code is accepted in its place,
 * and asked for when the keychain's key is missing.
 */
export async function askAppPin(header: Header, access: VaultAccess): Promise<AppPinOpening> {
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
  if (!(opening instanceof FobError)) return opening;
  if (!findSlot(header, "recovery")) throw opening;
  return askRecoveryCode(header, access, opening);
}

/**
 * Asks for the recovery code because of `trouble` with the keychain's key; throws `trouble` when no
 * person can be asked.
 */
function askRecoveryCode(
  header: Header,
  { pinPrompt }: VaultAccess,
  trouble: FobError | null,
): Promise<AppPinOpening> {
  return askUntil(pinPrompt, { of: null, role: "recovery", refusal: trouble }, async (code) => {
    const vaultKey = recover(header, code);
    if (vaultKey) return { vaultKey, proof: { kind: "recovery" }, header };
    throw wrongRecoveryCode(code);
  });
}

/**
 * {@link askRecoveryCode} for a vault without an app PIN. A script may have the code where a PIN
 * would be; rejects with `trouble` where it has none.
 */
export async function recoverWithoutPin(
  header: Header,
  access: VaultAccess,
  trouble: FobError,
): Promise<AppPinOpening> {
  if (!findSlot(header, "recovery")) throw trouble;
  if (access.pinPrompt.interactive) return askRecoveryCode(header, access, trouble);
  return askRecoveryCode(header, access, null).catch((error: unknown) => {
    throw error instanceof FobError && error.code === "locked" ? trouble : error;
  });
}

/**
 * Opens the vault key with the app PIN; `isCounted` says whether a wrong one counts as an attempt.
 */
async function openWithPin(
  header: Header,
  access: VaultAccess,
  pin: Secret,
  { key, isCounted }: { readonly key: Secret | null; readonly isCounted: boolean },
): Promise<AppPinOpening> {
  if (!appPinSlot(header))
    throw new FobError("invalid", t("the header of the vault has no way to open it"));
  const layout = { home: access.home, vaultId: header.id };
  const limit = appPinPolicy(header).attempts;
  let ofStore: unknown = null;
  try {
    const verdict = await judge(attemptsOfApp(layout), {
      limit,
      check: async () => {
        const tried = await tryPin(header, access, key, pin).catch((error: unknown) => {
          ofStore = error;
          throw error;
        });
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
    if (!(error instanceof FobError && error.code === "locked")) throw error;
    throw error === ofStore ? lockedInStore(header, error) : lockedHere(header, limit);
  } finally {
    forget(key);
  }
}

/** The vault key and the header that it was opened with; null when the PIN is wrong. */
async function tryPin(
  before: Header,
  { home, keyStore }: VaultAccess,
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
  const stretched = await stretchPin(pin, slot.stretching);
  const released = key ?? (await releaseByPin(current, keyStore, stretched));
  const isWrong = released === "wrong";
  const vaultKey = isWrong ? null : openStretched(before.id, slot, released, stretched);
  forget(stretched, isWrong || released === key ? null : released);
  return vaultKey && { vaultKey, current };
}

/** The key from a store that checks the PIN itself; null where no key is kept. */
async function releaseByPin(
  header: Header,
  keyStore: VaultAccess["keyStore"],
  stretched: Secret,
): Promise<Secret | null | "wrong"> {
  if (header.keychain === "none") return null;
  const { byPin } = keyStore(header.keychain, keyItemOf(header) ?? undefined);
  const auth = authOf(header.id, { stretched });
  const key = (await byPin?.read(header.id, auth)) ?? "wrong";
  forget(auth);
  return key;
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
function noteKeyCheck(header: Header, layout: VaultLayout, key: Secret | null): Header {
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

/** The error of a chip that accepts no PIN now, with a hint for this vault. */
function lockedInStore(header: Header, { message, hint = "", cause }: FobError): FobError {
  const more = findSlot(header, "recovery")
    ? t("the recovery code opens the vault in its place")
    : null;
  return new FobError("locked", message, { cause, hint: [hint, more].filter(Boolean).join("; ") });
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
