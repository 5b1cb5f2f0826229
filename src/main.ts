import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { agentTokens } from "./agent/agent-tokens.ts";
import { AgentControl } from "./agent/control.ts";
import { encodeOrder } from "./agent/order.ts";
import type { Context, Prompt } from "./cli/context.ts";
import { type Globals, resolveGlobals } from "./cli/globals.ts";
import { fileExists, readForeignFile, readStandardInput, writeSecretFile } from "./cli/inputs.ts";
import { createFirstVault } from "./cli/keychain-choice.ts";
import { write } from "./cli/output.ts";
import { pinSource } from "./cli/pin-source.ts";
import { progressOn } from "./cli/progress.ts";
import { terminalPrompt } from "./cli/prompts.ts";
import { formatJson } from "./cli/report.ts";
import { run } from "./cli/run.ts";
import type { Sensor } from "./cli/sensor.ts";
import type { Style } from "./cli/style.ts";
import { commands } from "./commands.ts";
import { MAX_PICTURE_BYTES, readEasyQrCodes } from "./enrollment/picture.ts";
import { FobError } from "./fob-error.ts";
import { startAgentProcess } from "./platform/agent-process.ts";
import { agentSocket, isOurSocket, makeSocketFolder } from "./platform/agent-socket.ts";
import { systemSensor } from "./platform/biometric/sensor.ts";
import { systemClipboard } from "./platform/clipboard/clipboard.ts";
import { closeToOthers, openToOthers } from "./platform/file-modes.ts";
import { fileKeyStore } from "./platform/keychain/file.ts";
import { systemKeyStore } from "./platform/keychain/system.ts";
import { checkMachine } from "./platform/machine.ts";
import { defaultHome } from "./platform/paths.ts";
import { readQrCodesApart } from "./platform/picture-process.ts";
import { isRunning } from "./platform/processes.ts";
import { takeScreenshot } from "./platform/screenshot.ts";
import type { Right } from "./token/grant.ts";
import { printable } from "./token/printable.ts";
import { type Authenticator, directAuthenticator } from "./vault/authenticator.ts";
import { releasedKey } from "./vault/biometrics.ts";
import { openGrant } from "./vault/granted-tokens.ts";
import { readHeader } from "./vault/header.ts";
import type { KeyItem } from "./vault/key-store.ts";
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

function createContext(globals: Globals, style: Style): Context {
  // children have no use for them, and a process's environment is easy to look at
  for (const name of ["FOB_PIN", "FOB_GRANT"]) delete env[name];
  if (!globals.color) obeyNoColor();
  const isSpoken = globals.spoken !== "nowhere" || env["TERM"] === "dumb";
  const prompt = terminalPrompt({ available: globals.input && stdin.isTTY === true, isSpoken });
  const sensor = systemSensor(process.platform);
  const access = vaultAccess(globals, prompt, sensor);
  const agent = agentControl(globals.home);
  return {
    access,
    agent,
    sensor,
    prompt,
    pinPrompt: access.pinPrompt,
    pinPromptOn: (asking) => vaultAccess(globals, { ...prompt, ...asking }, sensor).pinPrompt,
    clipboard: systemClipboard({ clearScript: programPath("clear-clipboard") }),
    machine: { check: checkMachine, openToOthers, closeToOthers },
    findVault: () => openWhole(globals, access),
    findTokens: (right) => findTokens(globals, access, agent, right),
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
    progress: progressOn(stderr, !globals.quiet && !isSpoken),
    async openScreen() {
      if (!prompt.available || isSpoken || globals.json || !stdout.isTTY) return null;
      const { TerminalScreen } = await import("./cli/screen/terminal-screen.ts");
      return { terminal: new TerminalScreen({ input: stdin, output: stdout }), style };
    },
    emit: ({ text, json }) => write(stdout, `${globals.json ? formatJson(json, 0) : text(style)}\n`),
    tell: (text) => {
      if (!globals.quiet) stderr.write(`${printable(text)}\n`);
    },
  };
}

/** For the packages that look for themselves. */
function obeyNoColor(): void {
  env["NO_COLOR"] = "1";
  delete env["FORCE_COLOR"];
}

/** Whoever set FOB_GRANT wants it to count: nothing else is tried in its place. */
async function openWhole({ grant }: Globals, access: VaultAccess): Promise<Vault | null> {
  if (grant === null) return openVault(access);
  throw new FobError("denied", "a grant opens its tokens for passcodes and challenges, and nothing else", {
    hint: "unset FOB_GRANT to use the vault itself",
  });
}

async function findTokens(
  globals: Globals,
  access: VaultAccess,
  agent: AgentControl,
  right: Right | null,
): Promise<Authenticator | null> {
  if (globals.grant !== null) return authenticate(openGranted(globals, globals.grant, right));
  const open = async () => {
    const vault = await openVault(access);
    return vault && authenticate(vault);
  };
  const header = readHeader(globals.home);
  const connection = header && (await agent.connect());
  if (!header || !connection) return open();
  return agentTokens(connection, { home: globals.home, vaultId: header.id }, open);
}

function authenticate(store: TokenStore): Authenticator {
  return directAuthenticator(store, () => new Date());
}

function agentControl(home: string): AgentControl {
  return new AgentControl(resolve(home), {
    socket: agentSocket(home, env),
    isOurs: isOurSocket,
    makeFolder: makeSocketFolder,
    startProcess: (order, vaultKey) => startAgentProcess(programPath("serve-agent"), encodeOrder(order, vaultKey)),
    isRunning,
    kill: ({ pid }) => process.kill(pid, "SIGKILL"),
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

function vaultAccess(globals: Globals, prompt: Prompt, sensor: Sensor): VaultAccess {
  const { home, keychain } = globals;
  const timeoutMs = prompt.available ? KEYCHAIN_MS.person : KEYCHAIN_MS.script;
  const keyStore: VaultAccess["keyStore"] = (kind, item) =>
    kind === "file" ? fileKeyStore(home, item ?? null) : systemKeyStore(item ?? null, { timeoutMs });
  const keyOf = (item: KeyItem) => releasedKey(home, item, { keyStore });
  return { home, keychain, keyStore, pinPrompt: pinSource(globals, prompt, { sensor, keyOf }) };
}
