import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Context } from "./cli/context.ts";
import { type Globals, resolveGlobals } from "./cli/globals.ts";
import { fileExists, readForeignFile, readStandardInput, writeSecretFile } from "./cli/inputs.ts";
import { createFirstVault } from "./cli/keychain-choice.ts";
import { pinSource } from "./cli/pin-source.ts";
import { progressOn } from "./cli/progress.ts";
import { terminalPrompt } from "./cli/prompts.ts";
import { run } from "./cli/run.ts";
import { commands } from "./commands.ts";
import { MAX_PICTURE_BYTES, readEasyQrCodes } from "./enrollment/picture.ts";
import { FobError } from "./fob-error.ts";
import { systemClipboard } from "./platform/clipboard/clipboard.ts";
import { closeToOthers, openToOthers } from "./platform/file-modes.ts";
import { fileKeyStore } from "./platform/keychain/file.ts";
import { systemKeyStore } from "./platform/keychain/system.ts";
import { checkMachine } from "./platform/machine.ts";
import { defaultHome } from "./platform/paths.ts";
import { readQrCodesApart } from "./platform/picture-process.ts";
import { takeScreenshot } from "./platform/screenshot.ts";
import type { Right } from "./token/grant.ts";
import { printable } from "./token/printable.ts";
import { openGrant } from "./vault/granted-tokens.ts";
import { openVault, type VaultAccess } from "./vault/open.ts";
import type { TokenStore } from "./vault/token-store.ts";
import type { Vault } from "./vault/vault.ts";

declare const FOB_VERSION: string;

/** How long the system keychain may take: a script must not hang, a person may have to unlock it first. */
const KEYCHAIN_MS = { script: 3_000, person: 60_000 };

const { stdin, stdout, stderr, env } = process;

process.once("SIGINT", () => process.exit(130));
// the write's own callback reports it; without a listener it would end the process
for (const stream of [stdout, stderr]) stream.on("error", () => undefined);

process.exitCode = await run(
  {
    version: FOB_VERSION,
    commands,
    resolveGlobals: (flags) => resolveGlobals(flags, env, defaultHome),
    createContext,
  },
  { argv: process.argv.slice(2), env, stdout, stderr },
);

function createContext(globals: Globals): Context {
  // children have no use for them, and a process's environment is easy to look at
  for (const name of ["FOB_PIN", "FOB_GRANT"]) delete env[name];
  const prompt = terminalPrompt(globals.input && stdin.isTTY === true);
  const access = vaultAccess(globals, pinSource(globals, prompt), prompt.available);
  return {
    access,
    prompt,
    pinPrompt: access.pinPrompt,
    clipboard: systemClipboard({ clearScript: programPath("clear-clipboard") }),
    machine: { check: checkMachine, openToOthers, closeToOthers },
    findVault: () => openWhole(globals, access),
    findTokens: async (right) =>
      globals.grant === null ? openVault(access) : openGranted(globals, globals.grant, right),
    ensureVault: async () => (await openWhole(globals, access)) ?? createFirstVault(globals.keychain, access, prompt),
    clock: () => new Date(),
    sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    readInput: () => readStandardInput(),
    isTerminal: stdout.isTTY === true,
    writeSecretFile,
    fileExists,
    readFile: readForeignFile,
    readQrCodes: readPictureBytes,
    readPicture: async (path) => readPictureBytes(await readForeignFile(path, MAX_PICTURE_BYTES), path),
    takeScreenshot,
    progress: progressOn(stderr, !globals.quiet),
    tell: (text) => {
      if (!globals.quiet) stderr.write(`${printable(text)}\n`);
    },
  };
}

/** Whoever set FOB_GRANT wants it to count: nothing else is tried in its place. */
async function openWhole({ grant }: Globals, access: VaultAccess): Promise<Vault | null> {
  if (grant === null) return openVault(access);
  throw new FobError("denied", "a grant opens its tokens for passcodes and challenges, and nothing else", {
    hint: "unset FOB_GRANT to use the vault itself",
  });
}

function openGranted({ home }: Globals, text: string, right: Right | null): TokenStore {
  const tokens = openGrant(home, text, new Date());
  if (right === null || tokens.grant.rights.includes(right)) return tokens;
  throw new FobError("denied", `the grant ${tokens.grant.label} does not carry the right ${right}`);
}

/** The built program of this name, which lies beside this file. */
function programPath(name: string): string {
  return join(fileURLToPath(import.meta.url), "..", `${name}.js`);
}

/** Most pictures are screenshots and read at once; the others are decoded where they can do no harm. */
async function readPictureBytes(bytes: Buffer, source: string): Promise<string[]> {
  return (await readEasyQrCodes(bytes, source)) ?? readQrCodesApart(programPath("decode-picture"), bytes, source);
}

function vaultAccess({ home, keychain }: Globals, pinPrompt: VaultAccess["pinPrompt"], isPerson: boolean): VaultAccess {
  return {
    home,
    keychain,
    pinPrompt,
    keyStore: (kind) =>
      kind === "file"
        ? fileKeyStore(home)
        : systemKeyStore({ timeoutMs: isPerson ? KEYCHAIN_MS.person : KEYCHAIN_MS.script }),
  };
}
