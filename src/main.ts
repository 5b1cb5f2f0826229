import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { AgentDesk } from "./agent/agent-desk.ts";
import { agentTokens } from "./agent/agent-tokens.ts";
import { AgentControl } from "./agent/control.ts";
import { encodeOrder } from "./agent/order.ts";
import type { Context, Prompt } from "./cli/context.ts";
import { type Globals, resolveGlobals } from "./cli/globals.ts";
import { fileExists, readForeignFile, readStandardInput, writeSecretFile } from "./cli/inputs.ts";
import { jsonLine } from "./cli/json.ts";
import { createFirstVault } from "./cli/keychain-choice.ts";
import { write } from "./cli/output.ts";
import { pinSource } from "./cli/pin-source.ts";
import { progressOn } from "./cli/progress.ts";
import { terminalPrompt } from "./cli/prompts.ts";
import { run } from "./cli/run.ts";
import type { Sensor } from "./cli/sensor.ts";
import type { Style } from "./cli/style.ts";
import { startTraceFile } from "./cli/trace-file.ts";
import { welcome } from "./commands/welcome.ts";
import { commands } from "./commands.ts";
import { MAX_PICTURE_BYTES, readEasyQrCodes } from "./enrollment/picture.ts";
import { FobError } from "./fob-error.ts";
import { inEnglish, messagesFile, speak, t } from "./language.ts";
import { startAgentProcess } from "./platform/agent-process.ts";
import { agentSocket, isOurSocket, makeSocketFolder } from "./platform/agent-socket.ts";
import { askProgram } from "./platform/ask-program.ts";
import { systemSensor } from "./platform/biometric/sensor.ts";
import { systemClipboard } from "./platform/clipboard/clipboard.ts";
import { closeToOthers, openToOthers } from "./platform/file-modes.ts";
import { httpClient } from "./platform/http.ts";
import { fileKeyStore } from "./platform/keychain/file.ts";
import { systemKeyStore } from "./platform/keychain/system.ts";
import { checkMachine } from "./platform/machine.ts";
import { systemNotifier } from "./platform/notification/notifier.ts";
import { defaultHome } from "./platform/paths.ts";
import { readQrCodesApart } from "./platform/picture-process.ts";
import { isRunning } from "./platform/processes.ts";
import { runProgram } from "./platform/run-program.ts";
import { takeScreenshot } from "./platform/screenshot.ts";
import type { PushDesk } from "./push/desk.ts";
import { DirectDesk } from "./push/direct-desk.ts";
import type { PushServices } from "./push/provider.ts";
import type { Right } from "./token/grant.ts";
import { printable } from "./token/printable.ts";
import { type Authenticator, directAuthenticator } from "./vault/authenticator.ts";
import { releasedKey } from "./vault/biometrics.ts";
import { openGrant } from "./vault/granted-tokens.ts";
import { type KeychainKind, readHeader } from "./vault/header.ts";
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

speak(messagesFile(join(programFolder(), "../messages"), env), (trouble) => {
  // what a script expects on standard error is an object alone
  if (!process.argv.includes("--json")) stderr.write(`warning: ${printable(trouble)}\n`);
});

process.exitCode = await run(
  {
    version: FOB_VERSION,
    commands,
    alone: welcome,
    resolveGlobals: (flags) => resolveGlobals(flags, env, defaultHome),
    createContext,
  },
  { argv: process.argv.slice(2), env, stdout, stderr },
);

function createContext(globals: Globals, style: Style): Context {
  // children have no use for them, and a process's environment is easy to look at
  for (const name of ["FOB_PIN", "FOB_PIN_FILE", "FOB_GRANT"]) delete env[name];
  const isSpoken = globals.spoken !== "nowhere" || env["TERM"] === "dumb";
  const available = globals.input && stdin.isTTY === true;
  const prompt = terminalPrompt({ available, isSpoken, hasColor: style.hasColor });
  const sensor = systemSensor(process.platform);
  const access = vaultAccess(globals, prompt, sensor);
  const agent = agentControl(globals.home);
  const http = httpClient(`fob/${FOB_VERSION}`);
  return {
    settings: globals.settings,
    access,
    agent,
    http,
    sensor,
    notifier: systemNotifier(process.platform),
    prompt,
    pinPrompt: access.pinPrompt,
    pinPromptOn: (asking) => vaultAccess(globals, { ...prompt, ...asking }, sensor).pinPrompt,
    clipboard: systemClipboard({ clearScript: programPath("clear-clipboard"), env, terminal: visibleTerminal() }),
    machine: { check: checkMachine, openToOthers, closeToOthers },
    findVault: () => openWhole(globals, access),
    findTokens: (right) => findTokens(globals, access, agent, right),
    findPush: () => findPush(globals, access, agent, { http, now: () => new Date() }),
    ensureVault: async () =>
      (await openWhole(globals, access)) ?? createFirstVault(newVaultKeychain(globals), access, prompt),
    clock: () => new Date(),
    sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    untilTerminated,
    readInput: () => readStandardInput(),
    isTerminal: stdout.isTTY === true,
    pictures: choosePictures(isSpoken, style),
    isJson: globals.json,
    writeSecretFile,
    startTrace: (path) => startTraceFile(path, () => new Date()),
    fileExists,
    readFile: readForeignFile,
    readQrCodes: readPictureBytes,
    readPicture: async (path) => readPictureBytes(await readForeignFile(path, MAX_PICTURE_BYTES), path),
    takeScreenshot,
    runProgram,
    shellFunctions: (shell) => readFile(new URL(`shell/fob_code.${shell}`, import.meta.url), "utf8"),
    progress: progressOn(stderr, !globals.quiet && !isSpoken),
    async openScreen() {
      if (!prompt.available || isSpoken || globals.json || !stdout.isTTY) return null;
      const { TerminalScreen } = await import("./cli/screen/terminal-screen.ts");
      return { terminal: new TerminalScreen({ input: stdin, output: stdout }), style };
    },
    emit: ({ text, json }) => {
      if (globals.json) return write(stdout, `${jsonLine(json)}\n`);
      return write(stdout, `${stdout.isTTY ? text(style) : inEnglish(() => text(style))}\n`);
    },
    tell: (text) => {
      if (!globals.quiet) stderr.write(`${printable(text)}\n`);
    },
    askProgram,
  };
}

function choosePictures(isSpoken: boolean, { hasColor }: Style): Context["pictures"] {
  if (isSpoken || !stdout.isTTY) return "none";
  return hasColor ? "colored" : "uncolored";
}

/** Where a person looks, whichever of the two goes elsewhere. */
function visibleTerminal(): NodeJS.WriteStream | null {
  return [stderr, stdout].find(({ isTTY }) => isTTY) ?? null;
}

/** Who keeps the key of a vault that is made; null where nobody has said so. */
function newVaultKeychain({ settings }: Globals): KeychainKind | null {
  const { value, source } = settings.look("keychain");
  return source === "default" ? null : value;
}

/** Whoever set FOB_GRANT wants it to count: nothing else is tried in its place. */
async function openWhole({ grant }: Globals, access: VaultAccess): Promise<Vault | null> {
  if (grant === null) return openVault(access);
  throw new FobError("denied", t("a grant opens its tokens for passcodes and challenges, and nothing else"), {
    hint: t("unset FOB_GRANT to use the vault itself"),
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
  const held = await findAgent(globals, agent);
  return held ? agentTokens(held.connection, held.layout, open) : open();
}

async function findPush(
  globals: Globals,
  access: VaultAccess,
  agent: AgentControl,
  services: PushServices,
): Promise<PushDesk | null> {
  if (globals.grant !== null) return new DirectDesk(openGranted(globals, globals.grant, "push"), services);
  const open = async () => {
    const vault = await openVault(access);
    return vault && new DirectDesk(vault, services);
  };
  const held = await findAgent(globals, agent);
  return held ? new AgentDesk(held.connection, open) : open();
}

async function findAgent({ home }: Globals, agent: AgentControl) {
  const header = readHeader(home);
  const connection = header && (await agent.connect());
  return header && connection ? { connection, layout: { home, vaultId: header.id } } : null;
}

function authenticate(store: TokenStore): Authenticator {
  return directAuthenticator(store, () => new Date());
}

function agentControl(home: string): AgentControl {
  return new AgentControl(resolve(home), {
    socket: agentSocket(home, env, () => readHeader(home)?.id),
    isOurs: isOurSocket,
    makeFolder: makeSocketFolder,
    startProcess: (order, vaultKey) => startAgentProcess(programPath("serve-agent"), encodeOrder(order, vaultKey)),
    isRunning,
    kill: ({ pid }) => process.kill(pid, "SIGKILL"),
  });
}

function openGranted({ home }: Globals, text: string, right: Right | null): TokenStore {
  const tokens = openGrant(home, text, () => new Date());
  if (right === null || tokens.grant.rights.includes(right)) return tokens;
  throw new FobError("denied", t`the grant ${tokens.grant.label} does not carry the right ${right}`);
}

/** The built program of this name, which lies beside this file. */
function programPath(name: string): string {
  return join(programFolder(), `${name}.js`);
}

function programFolder(): string {
  return join(fileURLToPath(import.meta.url), "..");
}

/** Most pictures are screenshots and read at once; the others are decoded where they can do no harm. */
async function readPictureBytes(bytes: Buffer, source: string): Promise<string[]> {
  const { setFlagsFromString } = await import("node:v8");
  // an easy picture is read before the better compiler would be done with the decoder; a process of its own has it for the others
  setFlagsFromString("--liftoff-only");
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

function untilTerminated(limit: number | null): Promise<void> {
  return new Promise((resolve) => {
    const timer = limit === null ? undefined : setTimeout(resolve, limit);
    process.once("SIGTERM", () => {
      // a clock that goes on would keep the program running
      clearTimeout(timer);
      resolve();
    });
  });
}
