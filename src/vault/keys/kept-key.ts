import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { forget, type Secret, sameSecret } from "#token/secret.ts";
import type { Header } from "./header.ts";
import type { KeyItem, KeyStore } from "./key-store.ts";
import { KEEPERS, type KeyKeeper } from "./keychain-kind.ts";
import { newItem, newKey } from "./keys.ts";
import { authOf, findSlot, isKeyOf, type KeptKey, keyItemOf, type StretchedPin } from "./slots.ts";
import type { VaultAccess } from "./vault-access.ts";

/**
 * The vault's key, or the reason why it is missing; `isLost` when its key store works and does not
 * have it.
 */
export type FoundKey =
  | {
      /** Null where the key store is there, and gives the key for the PIN alone. */
      readonly key: Secret | null;
    }
  | { readonly trouble: FobError; readonly isLost: boolean };

/** Reads the vault's key from its key store. An error has a hint that fits this vault. */
export async function findKey(
  header: Header,
  { keyStore }: Pick<VaultAccess, "keyStore">,
): Promise<FoundKey> {
  const kind = keeperOf(header);
  try {
    const store = keyStore(kind, keyItemOf(header) ?? undefined);
    if (store.byPin && findSlot(header, "keychain-pin") && (await store.byPin.check(header.id)))
      return { key: null };
    const key =
      store.byPin && findSlot(header, "keychain-pin") ? null : await store.read(header.id);
    if (key && isKeyOf(header, key)) return { key };
    const { anotherKey, noKey } = KEEPERS[kind];
    const trouble = key
      ? new FobError("invalid", anotherKey())
      : new FobError("unavailable", noKey());
    forget(key);
    return { trouble: withHint(trouble, lostHint(header)), isLost: true };
  } catch (error) {
    if (!(error instanceof FobError)) throw error;
    const isLost = error.code === "invalid";
    const more = isLost ? lostHint(header) : unreachableHint(header);
    return { trouble: withHint(error, [error.hint, more].filter(Boolean).join("; ")), isLost };
  }
}

/**
 * Stores a new key for an existing vault beside the existing keys: nothing is replaced that this or
 * another process may need. `pin` protects it, where the key store checks PINs itself. Throws
 * FobError `unavailable`.
 */
export async function keepNewKey(
  kind: KeyKeeper,
  { id }: Header,
  { keyStore }: Pick<VaultAccess, "keyStore">,
  pin: StretchedPin | null,
): Promise<KeptKey> {
  const key = newKey();
  if (pin && keyStore(kind).byPin) return keepForPin(kind, id, key, { keyStore, pin });
  // under the default name, unless there is a key already
  if (!KEEPERS[kind].isPerVault && (await isKept(keyStore(kind), id, key)))
    return { key, item: null };
  const item: KeyItem = newItem();
  return { key: await keyStore(kind, item).provide(id, key), item };
}

/** Stores a key that only the PIN releases. */
async function keepForPin(
  kind: KeyKeeper,
  id: string,
  key: Secret,
  { keyStore, pin }: Pick<VaultAccess, "keyStore"> & { readonly pin: StretchedPin },
): Promise<KeptKey> {
  const item: KeyItem = newItem();
  const auth = authOf(id, pin);
  await keyStore(kind, item).byPin?.provide(id, key, auth);
  forget(auth);
  return { key, item };
}

async function isKept(store: KeyStore, id: string, key: Secret): Promise<boolean> {
  try {
    const kept = await store.provide(id, key);
    const isOurs = sameSecret(kept, key);
    if (!isOurs) forget(kept);
    return isOurs;
  } catch (error) {
    // a file that is not a key stays
    if (error instanceof FobError && error.code === "invalid") return false;
    throw error;
  }
}

/** Removes a key that is no longer used. */
export async function dropKey(
  kind: KeyKeeper,
  item: KeyItem | null,
  { id }: Header,
  { keyStore }: Pick<VaultAccess, "keyStore">,
): Promise<void> {
  await keyStore(kind, item ?? undefined).remove(id);
}

function keeperOf({ keychain }: Header): KeyKeeper {
  if (keychain !== "none") return keychain;
  throw new Error("nobody keeps a key of this vault");
}

function withHint({ code, message, cause }: FobError, hint: string): FobError {
  return new FobError(code, message, { hint, cause });
}

function lostHint(header: Header): string {
  return findSlot(header, "recovery")
    ? t(
        "the recovery code opens the vault in place of the app PIN, and `fob pin change` with it makes a new key",
      )
    : t(
        "put the vault's own key back; without it, `fob --home NEW restore BACKUP` brings back what `fob backup` has saved",
      );
}

function unreachableHint(header: Header): string {
  return findSlot(header, "recovery")
    ? t(
        "the recovery code opens the vault in place of the app PIN (`fob keychain move file`); a grant needs no keychain",
      )
    : t("a grant needs no keychain (`fob access grant`)");
}
