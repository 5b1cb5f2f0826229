import { writeSync } from "node:fs";
import { readKeyFile } from "./platform/keychain/key-file.ts";
import { defaultHome } from "./platform/paths.ts";
import { readHeader } from "./vault/header.ts";
import { takePasscode, touch } from "./vault/passcodes.ts";
import { findSlot, openKeychainSlot } from "./vault/slots.ts";
import { unguardedSecretKey } from "./vault/token-pin.ts";
import { Vault } from "./vault/vault.ts";

declare const FOB_VERSION: string;

const answer = answerAtOnce(process.argv.slice(2));
if (answer === null) import("./main.js");
else print(answer);

function print(text: string): void {
  try {
    writeSync(1, `${text}\n`);
  } catch (error) {
    // a reader that has gone needs no answer
    if ((error as NodeJS.ErrnoException).code === "EPIPE") return;
    writeSync(2, `fob: cannot write to standard output: ${(error as Error).message}\n`);
    process.exitCode = 8;
  }
}

/**
 * The answer to `fob --version`, and to `fob code NAME` where nothing but files is needed: an exact name, the key in a file, no
 * PIN. Null for everything else and for every difficulty: the whole program then answers, or says what is wrong.
 */
function answerAtOnce(argv: readonly string[]): string | null {
  const [command, name = "-"] = argv;
  if (command === "--version" && argv.length === 1) return FOB_VERSION;
  if (command !== "code" || argv.length !== 2 || name.startsWith("-")) return null;
  try {
    return passcodeOf(name);
  } catch {
    return null;
  }
}

function passcodeOf(name: string): string | null {
  const { env } = process;
  const home = env["FOB_HOME"] || defaultHome();
  if (env["FOB_GRANT"]) return null;
  const vault = (env["FOB_KEYCHAIN"] || "file") === "file" ? openWithKeyFile(home) : null;
  const entry = vault?.findExactly(name);
  if (!vault || !entry || entry.accessDomain !== "00") return null;
  const record = vault.read(entry.id);
  if (record.guard || record.token.accessDomain !== "00") return null;
  const now = new Date();
  const { code } = takePasscode(vault, record, unguardedSecretKey(vault, record), now);
  touch(vault, entry.id, now);
  return code;
}

function openWithKeyFile(home: string): Vault | null {
  const header = readHeader(home);
  const slot = header?.keychain === "file" ? findSlot(header, "keychain") : null;
  const key = slot && readKeyFile(home);
  if (!header || !slot || !key) return null;
  return new Vault({ home, vaultId: header.id }, openKeychainSlot(header.id, slot, key), false);
}
