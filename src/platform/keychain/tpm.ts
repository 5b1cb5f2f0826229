import { randomBytes } from "node:crypto";
import { closeSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { publishFile, syncFolder } from "#base/durable-file.ts";
import { describeFileError } from "#base/file-error.ts";
import { FobError } from "#base/fob-error.ts";
import { refuseForeignHome } from "#base/home-owner.ts";
import { t } from "#base/language.ts";
import { makeFolders } from "#base/make-folders.ts";
import { openRegular } from "#base/open-regular.ts";
import type { Secret } from "#token/secret.ts";
import type { Chip, ChipKey } from "#vault/chip/chip.ts";
import type { KeyItem, KeyStore } from "#vault/keys/key-store.ts";

const MAX_FILE_BYTES = 8_192;
const KEY_BYTES = 32;

/** No auth value: the key of a vault without an app PIN, and those of biometrics. */
const EMPTY = Buffer.alloc(0);

const base64 = v.pipe(v.string(), v.base64(), v.maxLength(2_048));

const FileSchema = v.object({
  format: v.literal("fob-tpm-key"),
  version: v.literal(1),
  parent: base64,
  publicArea: base64,
  privateArea: base64,
});

/**
 * Stores a key in the TPM: the key of the vault, or of `item`. What the chip has sealed is in a
 * file of the home, which no other chip opens.
 */
export function tpmKeyStore(home: string, item: KeyItem | null, chip: Chip): KeyStore {
  const path = join(home, item === null ? "key.tpm" : `${item}.tpm`);
  const open = async (auth: Secret) => {
    const sealed = readSealed(path);
    return sealed && checkLength(await chip.unseal(sealed, auth), path);
  };
  const close = async (key: Secret, auth: Secret) => write(home, path, await chip.seal(key, auth));
  return {
    async read() {
      const key = await open(EMPTY);
      if (key || !readSealed(path)) return key;
      throw new FobError("invalid", t`the TPM sealed ${path} for a PIN that this vault has not`);
    },
    async provide(_vaultId, key) {
      await close(key, EMPTY);
      const kept = await open(EMPTY);
      if (kept) return kept;
      throw new FobError("unavailable", t`${path} was removed while it was being written`);
    },
    reach: () => chip.reach(),
    async remove() {
      try {
        rmSync(path, { force: true });
      } catch (error) {
        throw describeFileError(error, "remove", path);
      }
    },
    byPin: {
      provide: async (_vaultId, key, auth) => void (await close(key, auth)),
      read: async (_vaultId, auth) => open(auth),
      async check() {
        const sealed = readSealed(path);
        if (sealed) await chip.check(sealed);
        return sealed !== null;
      },
    },
  };
}

function checkLength(key: Secret | null, path: string): Secret | null {
  if (!key || key.length === KEY_BYTES) return key;
  throw notAKey(path);
}

/** An existing file stays, because a vault may depend on it. */
function write(home: string, path: string, { parent, publicArea, privateArea }: ChipKey): void {
  refuseForeignHome(home);
  try {
    makeFolders(home, 0o700);
    const json = { format: "fob-tpm-key", version: 1, parent, publicArea, privateArea };
    const bytes = Buffer.from(`${JSON.stringify(json)}\n`);
    if (publishFile(`${path}.new-${randomBytes(8).toString("hex")}`, path, bytes)) syncFolder(home);
  } catch (error) {
    throw describeFileError(error, "write", path);
  }
}

/** Null where there is no file. Throws FobError `invalid` for one that is none of ours. */
function readSealed(path: string): ChipKey | null {
  const text = readText(path);
  if (text === null) return null;
  const parsed = v.safeParse(FileSchema, parseJson(text));
  if (parsed.success) return parsed.output;
  throw notAKey(path);
}

function readText(path: string): string | null {
  let file: number | null = null;
  try {
    const opened = openRegular(path);
    file = opened?.file ?? null;
    if (!opened || opened.stats.size > MAX_FILE_BYTES) throw notAKey(path);
    return readFileSync(opened.file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw describeFileError(error, "read", path);
  } finally {
    if (file !== null) closeSync(file);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // the schema reports undefined
    return undefined;
  }
}

function notAKey(path: string): FobError {
  return new FobError("invalid", t`${path} is not a key that fob has sealed with a TPM`);
}
