import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { forget, type Secret, sameSecret } from "#token/secret.ts";
import type { Header, Slot } from "./header.ts";
import type { KeyItem } from "./key-store.ts";
import {
  deriveKey,
  newStretching,
  type PinStretching,
  stretchPin,
  unwrapKey,
  wrapKey,
} from "./keys.ts";

type SlotOf<Type extends Slot["type"]> = Extract<Slot, { type: Type }>;

/** The header's slot of this type, or null. */
export function findSlot<Type extends Slot["type"]>(
  header: Header,
  type: Type,
): SlotOf<Type> | null {
  return (header.slots.find((slot) => slot.type === type) as SlotOf<Type> | undefined) ?? null;
}

/** A stored key of a vault, and its name; null for the name of the first key. */
export interface KeptKey {
  readonly key: Secret;
  readonly item: KeyItem | null;
}

/** The name of the vault's key in its key store; null for the first key. */
export function keyItemOf(header: Header): KeyItem | null {
  const { keyItem } = findSlot(header, "keychain") ?? findSlot(header, "keychain-pin") ?? {};
  // the schema has checked the form
  return (keyItem as KeyItem | undefined) ?? null;
}

/** A slot that opens with the keychain's key alone. */
export function keychainSlot(vaultId: string, vaultKey: Secret, { key, item }: KeptKey): Slot {
  const under = deriveKey(key, vaultId, "keychain slot");
  return {
    type: "keychain",
    wrapped: wrapKey(vaultKey, under, place(vaultId, "keychain")),
    ...named(item),
  };
}

/**
 * Whether a key is the one that the vault uses. For a vault of an earlier version with an app PIN
 * this cannot be checked without the PIN: every key is accepted.
 */
export function isKeyOf(header: Header, key: Secret): boolean {
  const slot = findSlot(header, "keychain");
  if (slot)
    return (
      unwrapKey(
        slot.wrapped,
        deriveKey(key, header.id, "keychain slot"),
        place(header.id, "keychain"),
      ) !== null
    );
  const check = findSlot(header, "keychain-pin")?.keyCheck;
  return check === undefined || sameSecret(Buffer.from(check, "base64"), checkOf(header.id, key));
}

/**
 * Adds the check of the vault's key to a PIN slot. The check is derived from that key, 256 random
 * bits, and does not help to guess the PIN.
 */
export function withKeyCheck(vaultId: string, slot: SlotOf<"keychain-pin">, key: Secret): Slot {
  return { ...slot, keyCheck: checkOf(vaultId, key).toString("base64") };
}

/** Opens a keychain slot. Throws FobError `invalid` when the key is not this vault's. */
export function openKeychainSlot(
  vaultId: string,
  slot: SlotOf<"keychain">,
  keychainKey: Secret,
): Secret {
  const under = deriveKey(keychainKey, vaultId, "keychain slot");
  const vaultKey = unwrapKey(slot.wrapped, under, place(vaultId, "keychain"));
  if (vaultKey) return vaultKey;
  throw new FobError("invalid", t("the key in the keychain does not belong to this vault"));
}

/** A PIN, stretched for a new slot. */
export interface StretchedPin {
  readonly stretching: PinStretching;
  readonly stretched: Secret;
}

/** Stretches a new PIN. The caller forgets it. */
export async function stretchNewPin(pin: Secret): Promise<StretchedPin> {
  const stretching = newStretching();
  return { stretching, stretched: await stretchPin(pin, stretching) };
}

/** The auth value for a key store that checks the PIN itself. */
export function authOf(vaultId: string, { stretched }: Pick<StretchedPin, "stretched">): Secret {
  return deriveKey(stretched, vaultId, "auth value of the keychain's key");
}

/** A slot that opens with the app PIN, together with the keychain's key if there is one. */
export function pinSlot(
  vaultId: string,
  vaultKey: Secret,
  kept: KeptKey | null,
  { stretching, stretched }: StretchedPin,
): Slot {
  const type = kept ? "keychain-pin" : "passphrase";
  const under = pinKey(vaultId, stretched, kept?.key ?? null);
  const wrapped = wrapKey(vaultKey, under, place(vaultId, type));
  forget(under);
  if (!kept) return { type: "passphrase", stretching, wrapped };
  return withKeyCheck(
    vaultId,
    { type: "keychain-pin", stretching, wrapped, ...named(kept.item) },
    kept.key,
  );
}

/** Opens a PIN slot; null when the PIN is wrong. */
export async function openPinSlot(
  vaultId: string,
  slot: SlotOf<"keychain-pin" | "passphrase">,
  keychainKey: Secret | null,
  pin: Secret,
): Promise<Secret | null> {
  const stretched = await stretchPin(pin, slot.stretching);
  const vaultKey = openStretched(vaultId, slot, keychainKey, stretched);
  forget(stretched);
  return vaultKey;
}

/** {@link openPinSlot} with a PIN that was stretched as the slot says. */
export function openStretched(
  vaultId: string,
  slot: SlotOf<"keychain-pin" | "passphrase">,
  keychainKey: Secret | null,
  stretched: Secret,
): Secret | null {
  const under = pinKey(vaultId, stretched, keychainKey);
  const vaultKey = unwrapKey(slot.wrapped, under, place(vaultId, slot.type));
  forget(under);
  return vaultKey;
}

/** A slot that opens with the 128-bit recovery code alone, without the keychain. */
export function recoverySlot(vaultId: string, vaultKey: Secret, code: Secret): Slot {
  const under = deriveKey(code, vaultId, "recovery slot");
  return { type: "recovery", wrapped: wrapKey(vaultKey, under, place(vaultId, "recovery")) };
}

/** Opens the recovery slot; null when the code is wrong. */
export function openRecoverySlot(
  vaultId: string,
  slot: SlotOf<"recovery">,
  code: Secret,
): Secret | null {
  return unwrapKey(
    slot.wrapped,
    deriveKey(code, vaultId, "recovery slot"),
    place(vaultId, "recovery"),
  );
}

/** A slot that opens with the key that is released after the platform has recognised the person. */
export function biometricSlot(vaultId: string, vaultKey: Secret, key: Secret): Slot {
  const under = deriveKey(key, vaultId, "biometric slot");
  return { type: "biometric", wrapped: wrapKey(vaultKey, under, place(vaultId, "biometric")) };
}

/** Opens the biometric slot; null when the key is wrong. */
export function openBiometricSlot(
  vaultId: string,
  slot: SlotOf<"biometric">,
  key: Secret,
): Secret | null {
  return unwrapKey(
    slot.wrapped,
    deriveKey(key, vaultId, "biometric slot"),
    place(vaultId, "biometric"),
  );
}

function pinKey(vaultId: string, stretched: Secret, keychainKey: Secret | null): Secret {
  return keychainKey
    ? deriveKey(keychainKey, stretched, "keychain and PIN slot")
    : deriveKey(stretched, vaultId, "passphrase slot");
}

function named(item: KeyItem | null) {
  return item === null ? {} : { keyItem: item };
}

function checkOf(vaultId: string, key: Secret): Secret {
  return deriveKey(key, vaultId, "keychain key check");
}

function place(vaultId: string, type: Slot["type"]): string {
  return `${vaultId}/slots/${type}`;
}
