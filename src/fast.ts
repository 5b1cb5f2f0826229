import { writeSync } from "node:fs";
import { readConfig } from "./cli/config-file.ts";
import { agentSocket, isOurSocket } from "./platform/agent-socket.ts";
import { keyFilePath, readKeyFile } from "./platform/keychain/key-file.ts";
import { defaultHome } from "./platform/paths.ts";
import { readHeader } from "./vault/header.ts";
import { takePasscode, touch } from "./vault/passcodes.ts";
import { findSlot, openKeychainSlot } from "./vault/slots.ts";
import { unguardedSecretKey } from "./vault/token-pin.ts";
import { Vault } from "./vault/vault.ts";

declare const FOB_VERSION: string;

void answerOrLoad(process.argv.slice(2));

/** Answers at once where files or an agent are enough. For everything else and for every difficulty there is the whole program. */
async function answerOrLoad(argv: readonly string[]): Promise<void> {
  if (argv.length === 1 && argv[0] === "--version") return print(FOB_VERSION);
  const name = nameIn(argv);
  const code = name === null ? null : (passcodeOf(name) ?? (await askAgent(name)));
  if (code === null) await import("./main.js");
  else print(code);
}

/** The NAME of `fob code NAME`, or null for every other command line. */
function nameIn([command, name = "-", ...more]: readonly string[]): string | null {
  const isPlain = command === "code" && !name.startsWith("-") && more.length === 0;
  return isPlain && !process.env["FOB_GRANT"] && !isConfigured() ? name : null;
}

/** Whether the configuration wants something of `code NAME`, or cannot be read: the whole program knows what to say or do. */
function isConfigured(): boolean {
  try {
    return "code.min-validity" in readConfig(process.env["FOB_HOME"] || defaultHome());
  } catch {
    return true;
  }
}

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

/** The passcode of a token where nothing but files is needed: an exact name, the key in a file, no PIN. Null for everything else. */
function passcodeOf(name: string): string | null {
  const { env } = process;
  try {
    const vault = (env["FOB_KEYCHAIN"] || "file") === "file" ? openWithKeyFile(env["FOB_HOME"] || defaultHome()) : null;
    const entry = vault?.findExactly(name);
    if (!vault || !entry || entry.accessDomain !== "00") return null;
    const record = vault.read(entry.id);
    if (record.guard || record.token.accessDomain !== "00") return null;
    const now = new Date();
    const { code } = takePasscode(vault, record, unguardedSecretKey(vault, record), now);
    touch(vault, entry.id, now);
    return code;
  } catch {
    // the whole program says what is wrong
    return null;
  }
}

/** The passcode that an agent gives, where one holds the vault and the token needs no PIN. Null for everything else. */
async function askAgent(name: string): Promise<string | null> {
  const { env } = process;
  const home = env["FOB_HOME"] || defaultHome();
  try {
    const socket = agentSocket(home, env);
    const header = isOurSocket(socket) ? readHeader(home) : null;
    if (!header || (env["FOB_KEYCHAIN"] || header.keychain) !== header.keychain) return null;
    const { askOnce } = await import("./agent/quick-question.ts");
    return await askOnce(socket, header.id, name);
  } catch {
    // as above
    return null;
  }
}

function openWithKeyFile(home: string): Vault | null {
  const header = readHeader(home);
  const slot = header?.keychain === "file" ? findSlot(header, "keychain") : null;
  const key = slot && readKeyFile(keyFilePath(home, null));
  if (!header || !slot || !key) return null;
  return new Vault({ home, vaultId: header.id }, openKeychainSlot(header.id, slot, key), false);
}
