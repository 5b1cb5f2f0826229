import { randomBytes } from "node:crypto";
import { linkSync, mkdirSync, rmSync } from "node:fs";
import { syncFolder, writeNewFile } from "../../durable-file.ts";
import { describeFileError } from "../../file-error.ts";
import { FobError } from "../../fob-error.ts";
import type { Secret } from "../../token/secret.ts";
import type { KeyStore } from "../../vault/key-store.ts";
import { keyFilePath, readKeyFile } from "./key-file.ts";

/** Keeps the key in a file of the home that only its owner can read. A home has one vault, so the file has one key. */
export function fileKeyStore(home: string): KeyStore {
  return {
    read: async () => readKeyFile(home),
    provide: async (_vaultId, key) => {
      createKeyFile(home, key);
      const kept = readKeyFile(home);
      if (kept) return kept;
      throw new FobError("unavailable", `the key file in ${home} was removed while it was being written`);
    },
  };
}

/** Creates the key file whole and durable; one that exists stays, because a vault may depend on it. */
function createKeyFile(home: string, key: Secret): void {
  const path = keyFilePath(home);
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
