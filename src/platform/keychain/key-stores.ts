import type { KeyItem, KeyStore } from "#vault/keys/key-store.ts";
import type { KeyKeeper } from "#vault/keys/keychain-kind.ts";
import type { VaultAccess } from "#vault/keys/vault-access.ts";
import { fileKeyStore } from "./file.ts";
import { systemKeyStore } from "./system.ts";

/** All key stores of this machine. `timeoutMs` limits a call that may wait for a person. */
export function keyStores(
  home: string,
  { timeoutMs }: { readonly timeoutMs: number },
): VaultAccess["keyStore"] {
  const stores: Readonly<Record<KeyKeeper, (item: KeyItem | null) => KeyStore>> = {
    system: (item) => systemKeyStore(item, { timeoutMs }),
    file: (item) => fileKeyStore(home, item),
  };
  return (kind, item) => stores[kind](item ?? null);
}
