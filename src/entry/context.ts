import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { HttpClient } from "#base/http-client.ts";
import { inEnglish, t } from "#base/language.ts";
import { callAfter, sleep } from "#base/long-timer.ts";
import { doLongWork, lookForSignals } from "#base/long-work.ts";
import { once } from "#base/once.ts";
import { lifeOf, thisProcess } from "#base/process-identity.ts";
import type { Clipboard } from "#cli/clipboard.ts";
import type { Context } from "#cli/context.ts";
import type { Globals } from "#cli/globals.ts";
import type { Host } from "#cli/host.ts";
import {
  fileExists,
  readForeignFile,
  readStandardInput,
  writeSecretFile,
  writeSecretFiles,
} from "#cli/inputs.ts";
import { charsetOf, inLocale } from "#cli/output/charset.ts";
import { jsonLine } from "#cli/output/json.ts";
import { write } from "#cli/output/output.ts";
import { fitsTerminal } from "#cli/output/paging.ts";
import { progressOn } from "#cli/output/progress.ts";
import { writeLines } from "#cli/output/remark.ts";
import { formatFailures, formatNote } from "#cli/output/report.ts";
import type { Style } from "#cli/output/style.ts";
import { startTraceFile } from "#cli/output/trace-file.ts";
import { pinSource, terminalOf } from "#cli/prompt/pin-source.ts";
import type { Pinentry } from "#cli/prompt/pinentry.ts";
import type { Prompt } from "#cli/prompt/prompt.ts";
import { isTerminal, promptsFor } from "#cli/prompt/prompt-beside-input.ts";
import type { Sensor } from "#cli/sensor.ts";
import { SignalListeners } from "#cli/signals.ts";
import { closeToOthers, openToOthers, ownershipOf } from "#platform/file-modes.ts";
import { keyStores } from "#platform/keychain/key-stores.ts";
import { canShowPinentry } from "#platform/pinentry/surroundings.ts";
import type { Notifier } from "#push/notifier.ts";
import type { Chip } from "#vault/chip/chip.ts";
import type { KeyItem } from "#vault/keys/key-store.ts";
import { KEYCHAIN_WORDS } from "#vault/keys/keychain-kind.ts";
import type { RecoveryCodeDisplay } from "#vault/keys/recovery.ts";
import type { PinPrompt, TokenUse } from "#vault/pins/pin-prompt.ts";
import type { Vault } from "#vault/vault.ts";
import type { OpeningOptions } from "./opening.ts";

/** The running program: its version, and the folder of its built files. */
export interface Build {
  readonly version: string;
  readonly folder: string;
}

/**
 * The time limits for the system keychain, in milliseconds: a script must not hang, a person may
 * have to unlock it first.
 */
const KEYCHAIN_MS = { script: 3_000, person: 60_000 };

/** What commands can reach on this machine. What a command does not use is not loaded. */
export function createContext(build: Build, globals: Globals, style: Style, host: Host): Context {
  const { stdout, stderr, env } = host;
  // child processes do not need these secrets, and other programs can read a process's environment
  for (const name of ["FOB_PIN", "FOB_PIN_FILE", "FOB_GRANT"]) delete env[name];
  const isSpoken = globals.spoken !== "nowhere" || env["TERM"] === "dumb";
  const asking = { isSpoken, hasColor: style.hasColor, terminal: host };
  const permissions = {
    isInputAllowed: globals.input,
    isTerminalNamed: terminalOf(globals) === "other",
    pinentry: pinentryOf(globals, env),
  };
  const { prompt, pins, uses } = promptsFor(host, permissions, asking);
  const sensor = systemSensor();
  const listeners = new SignalListeners();
  const isTyped = globals.input && isTerminal(host) && !host.hasForeignInput;
  const approval = (prompt: Prompt) => ({
    atTerminal: isTyped
      ? ("typing" as const)
      : prompt.available
        ? ("reachable" as const)
        : undefined,
    approve: async (use: TokenUse) =>
      (await import("./own-approval.ts")).approveHere(use, {
        prompt,
        notifier: systemNotifier(),
        pinentry: permissions.pinentry,
        isInputAllowed: globals.input,
        folder: build.folder,
      }),
  });
  const access = vaultAccess(globals, pins, sensor, approval(uses), host);
  const agent = once(async () =>
    (await import("./agent-host.ts")).agentControl(build.folder, globals.home, env),
  );
  const http = httpClient(build);
  const tell = (text: string) => {
    if (!globals.quiet) writeLines(stderr, formatNote(text, globals.json));
  };
  // the questions of a command and the command itself share it, so that its PIN is asked for once
  let whole: Vault | null = null;
  let opened: Vault | null = null;
  let newRecoveryCode: () => string | null = () => null;
  const openOnce = async () => {
    whole ??= await (await import("#vault/keys/open.ts")).openVault(access);
    return whole;
  };
  const opening = async () => ({
    ...(await import("./opening.ts")),
    at: { globals, access, agent, open: openOnce },
  });
  return {
    settings: globals.settings,
    access,
    agent,
    http,
    sensor,
    notifier: systemNotifier(),
    prompt,
    pinPrompt: access.pinPrompt,
    pinentry: globals.pinentry,
    pinPromptOn(asking) {
      const drawn = { ...prompt, ...asking };
      return vaultAccess(globals, drawn, sensor, approval(drawn), host).pinPrompt;
    },
    clipboard: systemClipboard(build, host),
    machine: {
      check: async () =>
        (await import("#platform/machine.ts")).checkMachine({
          env,
          stdin: host.stdin,
          stderr,
          platform: process.platform,
        }),
      openToOthers,
      closeToOthers,
      ownershipOf,
    },
    async findVault() {
      const { openWhole, at } = await opening();
      const vault = await openWhole(at);
      opened = vault ?? opened;
      return vault;
    },
    async findTokens(right) {
      const { findTokens, at } = await opening();
      return findTokens(at, right);
    },
    async findPush() {
      const { findPush, at } = await opening();
      return findPush(at, { http, now: () => new Date() });
    },
    async openToChange(how) {
      const { openPinsAndKeys, at } = await opening();
      return openPinsAndKeys(at, how);
    },
    async ensureVault() {
      const { openWhole, makeVault, at } = await opening();
      opened = await openWhole(at);
      if (opened) return opened;
      const made = await makeVault(at, prompt);
      newRecoveryCode = made.recoveryCode;
      opened = made.vault;
      whole = made.vault;
      return made.vault;
    },
    async emptyTrash() {
      return (
        opened && (await import("#vault/trash/trash.ts")).emptyTrashQuietly(opened, new Date())
      );
    },
    newRecoveryCode: () => newRecoveryCode(),
    async serveAgent(options) {
      const { serveWaiting, takePassedSocket } = await import("./waiting-agent.ts");
      const { agentForShells } = await import("#platform/agent/agent-place.ts");
      const descriptor = takePassedSocket(env);
      const socket = agentForShells(globals.home, env);
      const { home } = globals;
      const open = async (end: AbortSignal) => {
        const { openOrRefuse } = await import("./opening.ts");
        const { pinentryPrompt } = await import("#cli/prompt/pinentry-prompt.ts");
        // a question whose clients have gone is not left on the desktop
        const { pinentry } = permissions;
        const isInWindow = pinentry !== null && globals.input && !prompt.available;
        const asking = isInWindow ? pinentryPrompt(pinentry, end) : pins;
        return openOrRefuse(globals, vaultAccess(globals, asking, sensor, approval(uses), host));
      };
      return serveWaiting(descriptor, { home, socket, folder: build.folder, options, open });
    },
    async delegate(command, input, means) {
      const { delegateToAgent, at } = await opening();
      return delegateToAgent(at, command, input, {
        prompt,
        pinPrompt: access.pinPrompt,
        readInput: () => readStandardInput(host.stdin),
        ...means,
      });
    },
    clock: () => new Date(),
    sleep,
    processes: { own: thisProcess, lifeOf },
    look: lookForSignals,
    doLongWork,
    untilTerminated,
    endAtSignals: (work) => listeners.withoutListeners(work),
    hearSignals: (work) => listeners.withListeners(work),
    readInput: () => readStandardInput(host.stdin),
    isTerminal: stdout.isTTY === true,
    pictures: choosePictures(isSpoken, style, host),
    isJson: globals.json,
    writeSecretFile,
    writeSecretFiles,
    startTrace: (path) => startTraceFile(path, () => new Date()),
    fileExists,
    readFile: readForeignFile,
    readQrCodes: async (bytes, source) =>
      (await import("./qr-pictures.ts")).readQrCodes(build.folder, bytes, source),
    readPicture: async (path) => (await import("./qr-pictures.ts")).readPicture(build.folder, path),
    takeScreenshot: async () =>
      (await import("#platform/screenshot.ts")).takeScreenshot(process.platform, env),
    checkProgram: async (command) =>
      (await import("#platform/program/run-program.ts")).checkProgram(command, env),
    runProgram: async (program) =>
      (await import("#platform/program/run-program.ts")).runProgram(program, host),
    editText: async (text, limit) =>
      (await import("#platform/program/edit-text.ts")).editText(text, limit, host),
    wipeLeftEdits: async () => (await import("#platform/program/edit-text.ts")).wipeLeftEdits(env),
    shellFunctions: async (shell) =>
      readFileSync(join(build.folder, `shell/fob_code.${shell}`), "utf8"),
    progress: progressOn(stderr, !globals.quiet && !isSpoken && !globals.json),
    async openScreen() {
      if (!prompt.available || isSpoken || globals.json || !stdout.isTTY) return null;
      const { TerminalScreen } = await import("#cli/screen/terminal-screen.ts");
      return { terminal: new TerminalScreen({ input: host.stdin, output: stdout }), style };
    },
    emit: ({ text, json }) => {
      if (globals.json) return write(stdout, `${jsonLine(json)}\n`);
      return write(stdout, `${stdout.isTTY ? text(style) : inEnglish(() => text(style))}\n`);
    },
    async page(text) {
      if (isSpoken || !prompt.available || fitsTerminal(text, stdout)) return false;
      const { showInPager } = await import("#platform/program/pager.ts");
      return showInPager(inLocale(`${text}\n`, env), host);
    },
    tell,
    complain: (failure) => writeLines(stderr, formatFailures([failure], globals.json)),
    git: async (args, options) => {
      const { gitProgram } = await import("#platform/program/git.ts");
      return gitProgram(env, { mayAsk: prompt.available })(args, options);
    },
    passwordStore: async (folder) =>
      (await import("#platform/program/password-store.ts")).openPasswordStore(folder, env),
    askpass: async () => (await import("#platform/program/next-askpass.ts")).askpassOf(env),
    loginService: async () => {
      const { loginService } = await import("#platform/service/login-service.ts");
      return loginService(process.platform, { home: globals.home, folder: build.folder, env });
    },
    links: async () => {
      const [{ systemLinks }, { ownProgram }] = await Promise.all([
        import("#platform/links/links.ts"),
        import("#platform/program/own-program.ts"),
      ]);
      const pinentry = globals.settings.choose("pinentry.program") || "pinentry";
      return systemLinks(process.platform, {
        env,
        pinentry,
        program: ownProgram(build.folder, globals.home, env),
      });
    },
    askProgram: async (path, question) =>
      (await import("#platform/program/ask-program.ts")).askProgram(path, {
        ...question,
        // with --json, standard error has only JSON objects
        remark: globals.json ? tell : null,
      }),
  };
}

function systemSensor(): Sensor {
  const load = once(async () =>
    (await import("#platform/biometric/sensor.ts")).systemSensor(process.platform),
  );
  return {
    describe: async () => (await load()).describe(),
    verify: async (reason, watch) => (await load()).verify(reason, watch),
  };
}

/** The pinentry that is wanted where no terminal is, loaded at the first question. */
function pinentryOf({ pinentry: program }: Globals, env: NodeJS.ProcessEnv): Pinentry | null {
  if (program === null || !canShowPinentry(process.platform, env)) return null;
  const load = once(async () =>
    (await import("#platform/pinentry/pinentry.ts")).systemPinentry({
      program: program || null,
      env,
    }),
  );
  return {
    secret: async (question, signal) => (await load()).secret(question, signal),
    confirm: async (question, signal) => (await load()).confirm(question, signal),
  };
}

function systemNotifier(): Notifier {
  const load = once(async () =>
    (await import("#platform/notification/notifier.ts")).systemNotifier(process.platform),
  );
  return {
    describe: async () => (await load()).describe(),
    tell: async (notice) => (await load()).tell(notice),
    ask: async (question, patience) => (await load()).ask(question, patience),
  };
}

function systemClipboard({ folder }: Build, host: Host): Clipboard {
  const clearScript = join(folder, "clear-clipboard.cjs");
  const surroundings = { clearScript, env: host.env, terminal: visibleTerminal(host) };
  const load = once(async () =>
    (await import("#platform/clipboard/clipboard.ts")).systemClipboard(surroundings),
  );
  return {
    copy: async (text) => (await load()).copy(text),
    copyOnce: async (text) => (await load()).copyOnce(text),
    paste: async () => (await load()).paste(),
    clearLater: async (text, seconds, keeper) => (await load()).clearLater(text, seconds, keeper),
  };
}

function httpClient({ version }: Build): HttpClient {
  const load = once(async () => (await import("#platform/http.ts")).httpClient(`fob/${version}`));
  return async (request) => (await load())(request);
}

function choosePictures(
  isSpoken: boolean,
  { hasColor }: Style,
  { stdout, env }: Pick<Host, "env" | "stdout">,
): Context["pictures"] {
  // a picture is drawn with blocks, which a smaller charset does not have
  if (isSpoken || !stdout.isTTY || charsetOf(env) !== null) return "none";
  const { columns = Number.POSITIVE_INFINITY, rows = Number.POSITIVE_INFINITY } = stdout;
  return { hasColor, columns, rows };
}

/** The stream that is a terminal, if only one of the two is redirected. */
function visibleTerminal({ stdout, stderr }: Host): NodeJS.WriteStream | null {
  return [stderr, stdout].find(({ isTTY }) => isTTY) ?? null;
}

function systemChip(env: NodeJS.ProcessEnv): Chip {
  const load = once(async () => (await import("#platform/hardware/chip.ts")).tpmChip(env));
  return {
    reach: async () => (await load()).reach(),
    holdSecret: async (...args) => (await load()).holdSecret(...args),
    hmacs: async (...args) => (await load()).hmacs(...args),
    seal: async (...args) => (await load()).seal(...args),
    unseal: async (...args) => (await load()).unseal(...args),
    changeAuth: async (...args) => (await load()).changeAuth(...args),
    check: async (...args) => (await load()).check(...args),
    makeCounter: async (...args) => (await load()).makeCounter(...args),
    count: async (...args) => (await load()).count(...args),
    removeCounter: async (...args) => (await load()).removeCounter(...args),
    countersOf: async (...args) => (await load()).countersOf(...args),
  };
}

function vaultAccess(
  globals: Globals,
  prompt: Prompt,
  sensor: Sensor,
  approval: Pick<PinPrompt, "approve" | "atTerminal">,
  { stderr, env }: Host,
): OpeningOptions["access"] {
  const { home, keychain } = globals;
  const timeoutMs = prompt.available ? KEYCHAIN_MS.person : KEYCHAIN_MS.script;
  const chip = systemChip(env);
  const keyStore = keyStores(home, { timeoutMs, chip });
  const keyOf = async (item: KeyItem) => {
    const { releasedKey } = await import("#vault/keys/biometrics.ts");
    return releasedKey(home, item, { keyStore });
  };
  return {
    home,
    keychain,
    keyStore,
    pinPrompt: { ...pinSource(globals, prompt, { sensor, keyOf }), ...approval },
    chip,
    recoveryCodes: recoveryCodes(globals, stderr),
  };
}

/**
 * Shows recovery codes on standard error, even with --quiet, because a code is shown only once.
 * Null with --json: the result has the code, or there is none.
 */
function recoveryCodes({ json }: Globals, stderr: Host["stderr"]): RecoveryCodeDisplay | null {
  if (json) return null;
  const tell = (text: string) => writeLines(stderr, formatNote(text, json));
  return {
    show(code, kind) {
      tell(t`recovery code: ${code}`);
      tell(KEYCHAIN_WORDS[kind].recovery());
    },
    conclude(trouble) {
      if (trouble) tell(t`This recovery code does not count: ${trouble.message}`);
    },
  };
}

function untilTerminated(limit: number | null): Promise<void> {
  return new Promise((resolve) => {
    const cancel = limit === null ? () => undefined : callAfter(limit, resolve);
    process.once("SIGTERM", () => {
      // a running timer would keep the process running
      cancel();
      resolve();
    });
  });
}
