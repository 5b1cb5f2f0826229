import { randomBytes } from "node:crypto";
import { linkSync, mkdirSync, rmSync } from "node:fs";
import { syncFolder, writeNewFile } from "../../durable-file.ts";
import { describeFileError } from "../../file-error.ts";
import { FobError } from "../../fob-error.ts";
import { t } from "../../language.ts";
import type { Secret } from "../../token/secret.ts";
import type { KeyItem, KeyStore } from "../../vault/key-store.ts";
import { keyFilePath, readKeyFile } from "./key-file.ts";

/**
 * Keeps a key in a file of the home that only its owner can read. A home has one vault, so that a file has one key: the vault's, or the one
 * of `item`.
 */
export function fileKeyStore(home: string, item: KeyItem | null): KeyStore {
  const path = keyFilePath(home, item);
  return {
    read: async () => readKeyFile(path),
    provide: async (_vaultId, key) => {
      createKeyFile(home, path, key);
      const kept = readKeyFile(path);
      if (kept) return kept;
      throw new FobError("unavailable", t`${path} was removed while it was being written`);
    },
    remove: async () => {
      try {
        rmSync(path, { force: true });
      } catch (error) {
        throw describeFileError(error, "remove", path);
      }
    },
  };
}

/** Creates the key file whole and durable; one that exists stays, because a vault may depend on it. */
function createKeyFile(home: string, path: string, key: Secret): void {
  const temporary = `${path}.new-${randomBytes(8).toString("hex")}`;
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    writeNewFile(temporary, Buffer.from(`${key.toString("base64")}\n`));
    linkSync(temporary, path);
    syncFolder(home);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw describeFileError(error, "write", path);
  } finally {
    rmSync(temporary, { force: true });
  }
}
