// A program of its own: the agent. `fob unlock` starts it and tells it on its standard input what to hold; it says on its standard output
// whether it listens, and is on its own from then on.

import { chmodSync, rmSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { buffer } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { answer, type Desk, newVisitor, refuse } from "./agent/answers.ts";
import { claimVault, type Holder } from "./agent/claim.ts";
import { Lifetime, WATCH_MS } from "./agent/lifetime.ts";
import { type AgentOrder, decodeOrder } from "./agent/order.ts";
import { type AgentStatus, encodeRefusal, encodeReply } from "./agent/protocol.ts";
import { PushWatch } from "./agent/push-watch.ts";
import { listen } from "./agent/server.ts";
import { UnlockedTokens } from "./agent/unlocked-tokens.ts";
import { carryOut } from "./agent-commands.ts";
import { asFobError } from "./file-error.ts";
import { FobError } from "./fob-error.ts";
import { messagesFile, speak, t } from "./language.ts";
import { realPath } from "./platform/agent-socket.ts";
import { httpClient } from "./platform/http.ts";
import { systemNotifier } from "./platform/notification/notifier.ts";
import { isRunning, startOf } from "./platform/processes.ts";
import { DirectDesk } from "./push/direct-desk.ts";
import { forget, type Secret } from "./token/secret.ts";
import { directAuthenticator } from "./vault/authenticator.ts";
import { Vault } from "./vault/vault.ts";

declare const FOB_VERSION: string;

/** How long the last replies may take to leave, in milliseconds. */
const FAREWELL_MS = 20;

/** How a line begins that asks for login requests. */
const POLLING = '{"do":"push-list"';

process.umask(0o077);
process.chdir("/");
// Node's answer to this signal is to open its debugger, which shows all memory to whoever asks
process.on("SIGUSR1", () => undefined);
process.on("SIGHUP", () => undefined);

// to the person, by notifications; what goes to clients is in English
speak(messagesFile(fileURLToPath(new URL("../messages", import.meta.url)), process.env), () => undefined);

void buffer(process.stdin).then(take);

async function take(input: Buffer): Promise<void> {
  const { order, vaultKey } = decodeOrder(input);
  forget(input);
  try {
    process.stdout.write(`${encodeReply(await serve(order, vaultKey))}\n`);
  } catch (error) {
    forget(vaultKey);
    // it may listen already
    process.stdout.write(`${encodeRefusal(asFobError(error))}\n`, () => process.exit(1));
  }
}

function lockedMeanwhile(): FobError {
  return new FobError("locked", t("the vault was locked meanwhile"), { hint: t("`fob unlock` opens it again") });
}

async function serve({ home, vault, socket, limits, push, notify }: AgentOrder, key: Secret): Promise<AgentStatus> {
  const layout = { home, vaultId: vault };
  claim({ pid: process.pid, started: startOf(process.pid) ?? "", socket, home: realPath(home) });
  const opened = new Vault(layout, key, false);
  const tokens = new UnlockedTokens(opened);
  const lifetime = new Lifetime(limits, { wall: Date.now, monotonic: () => performance.now() });
  const clock = () => new Date();
  const http = httpClient(`fob/${FOB_VERSION}`);
  const newPushDesk = () => new DirectDesk(tokens, { http, now: clock });
  const watch = push ? new PushWatch(newPushDesk(), notify ? systemNotifier(process.platform) : null) : null;
  let isLocked = false;

  const lock = () => {
    if (isLocked) return;
    isLocked = true;
    watch?.end();
    tokens.forget();
    if (process.platform !== "win32") rmSync(socket, { force: true });
    setTimeout(() => process.exit(0), FAREWELL_MS);
  };
  const status = (): AgentStatus => ({
    ...{ pid: process.pid, socket, vault },
    unlockedAt: lifetime.startedAt.toISOString(),
    endsAt: lifetime.endsAt.toISOString(),
    idleSeconds: limits.idleMs / 1000,
    push: watch?.status ?? null,
  });
  const passcodeAtOnce = (name: string) => tokens.passcodeAtOnce(name, clock());
  const desk: Desk = {
    ...{ tokens: directAuthenticator(tokens, clock), newPushDesk, passcodeAtOnce, clock, status, lock },
    carryOut: (request) => carryOut(opened, request),
  };

  await listen(socket, () => {
    const visitor = newVisitor();
    return (line) => {
      if (!isLocked && lifetime.end()) lock();
      if (isLocked) return refuse(line, lockedMeanwhile());
      // whoever watches an agent does not use it, nor does who only looks for login requests again and again
      if (line !== "status" && !line.startsWith(POLLING)) lifetime.use();
      return answer(line, desk, visitor);
    };
  });
  if (process.platform !== "win32") chmodSync(socket, 0o600);
  for (const signal of ["SIGTERM", "SIGINT", "SIGQUIT"] as const) process.on(signal, lock);
  setInterval(() => lifetime.end() && lock(), WATCH_MS);
  // a vault that cannot be read any more says so to whoever asks for something
  void watch?.run().catch(() => undefined);
  return status();

  /** A named pipe of Windows can have one owner; a socket's name outlives its agent, so that one that has crashed is replaced. */
  function claim(holder: Holder): void {
    if (process.platform === "win32") return;
    const other = claimVault(layout, holder, isRunning);
    if (other) throw new FobError("unavailable", t`another agent (process ${other.pid}) holds this vault`);
    rmSync(socket, { force: true });
  }
}
