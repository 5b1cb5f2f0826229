import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { publishFile, syncFolder } from "#base/durable-file.ts";
import { WRITING_MS } from "#base/file-age.ts";
import { describeFileError } from "#base/file-error.ts";
import { FobError } from "#base/fob-error.ts";
import { refuseForeignHome } from "#base/home-owner.ts";
import { t } from "#base/language.ts";
import { makeFolders } from "#base/make-folders.ts";
import type { Secret } from "#token/secret.ts";
import type { KeyItem, KeyStore } from "#vault/keys/key-store.ts";
import { keyFilePath, readKeyFile } from "./key-file.ts";

/** The pause between two reads of a key file that is being written, in milliseconds. */
const PAUSE_MS = 20;

/**
 * Stores a key in a file of the home, readable only by its owner: the key of the vault, or of
 * `item`. A home has one vault, so the file name does not depend on the vault.
 */
export function fileKeyStore(home: string, item: KeyItem | null): KeyStore {
  const path = keyFilePath(home, item);
  return {
    read: async () => readKeyFile(path),
    provide: async (_vaultId, key) => {
      createKeyFile(home, path, key);
      const kept = await readWritten(path);
      if (kept) return kept;
      throw new FobError("unavailable", t`${path} was removed while it was being written`);
    },
    // the home is created with the first key
    reach: async () => undefined,
    remove: async () => {
      try {
        rmSync(path, { force: true });
      } catch (error) {
        throw describeFileError(error, "remove", path);
      }
    },
  };
}

/**
 * Creates the key file atomically and durably. An existing one stays, because a vault may depend on
 * it.
 */
function createKeyFile(home: string, path: string, key: Secret): void {
  refuseForeignHome(home);
  try {
    makeFolders(home, 0o700);
    const bytes = Buffer.from(`${key.toString("base64")}\n`);
    if (publishFile(`${path}.new-${randomBytes(8).toString("hex")}`, path, bytes)) syncFolder(home);
  } catch (error) {
    throw describeFileError(error, "write", path);
  }
}

/**
 * Reads the key that another process has written. On a file system without hard links that process
 * may still be writing, so this waits.
 */
async function readWritten(path: string): Promise<Secret | null> {
  for (const end = Date.now() + WRITING_MS; ; ) {
    try {
      return readKeyFile(path);
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}
