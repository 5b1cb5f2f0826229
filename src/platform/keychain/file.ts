import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { publishFile, syncFolder } from "#base/durable-file.ts";
import { WRITING_MS } from "#base/file-age.ts";
import { describeFileError } from "#base/file-error.ts";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Secret } from "#token/secret.ts";
import type { KeyItem, KeyStore } from "#vault/keys/key-store.ts";
import { keyFilePath, readKeyFile } from "./key-file.ts";

/** How often a key file is looked at that is being written, in milliseconds. */
const PAUSE_MS = 20;

/**
 * Keeps a key in a file of the home that only its owner can read. A home has one vault, so that a
 * file has one key: the vault's, or the one of `item`.
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
    // the home is made with the first key
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
 * Creates the key file whole and durable; one that exists stays, because a vault may depend on it.
 */
function createKeyFile(home: string, path: string, key: Secret): void {
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    const bytes = Buffer.from(`${key.toString("base64")}\n`);
    if (publishFile(`${path}.new-${randomBytes(8).toString("hex")}`, path, bytes)) syncFolder(home);
  } catch (error) {
    throw describeFileError(error, "write", path);
  }
}

/**
 * The key that another process has written, or is writing where there are no hard links: it is
 * given time to finish.
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
