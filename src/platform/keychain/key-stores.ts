import type { Chip } from "#vault/chip/chip.ts";
import type { KeyItem, KeyStore } from "#vault/keys/key-store.ts";
import type { KeyKeeper } from "#vault/keys/keychain-kind.ts";
import type { VaultAccess } from "#vault/keys/vault-access.ts";
import { fileKeyStore } from "./file.ts";
import { systemKeyStore } from "./system.ts";
import { tpmKeyStore } from "./tpm.ts";

/** All key stores of this machine. `timeoutMs` limits a call that may wait for a person. */
export function keyStores(
  home: string,
  { timeoutMs, chip }: { readonly timeoutMs: number; readonly chip: Chip },
): VaultAccess["keyStore"] {
  const stores: Readonly<Record<KeyKeeper, (item: KeyItem | null) => KeyStore>> = {
    system: (item) => systemKeyStore(item, { timeoutMs }),
    file: (item) => fileKeyStore(home, item),
    tpm: (item) => tpmKeyStore(home, item, chip),
  };
  return (kind, item) => stores[kind](item ?? null);
}
