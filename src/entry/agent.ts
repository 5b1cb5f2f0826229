// A program of its own: the agent. `fob unlock` starts it and tells it on its standard input what
// to hold; it says on its standard output whether it listens, and is on its own from then on.

import { dirname } from "node:path";
import { performance } from "node:perf_hooks";
import { buffer } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { findAgent } from "#agent/client/find-agent.ts";
import {
  claimVault,
  type Holder,
  lookAtClaim,
  releaseClaim,
  remakeClaim,
} from "#agent/protocol/claim.ts";
import { type AgentOrder, decodeOrder } from "#agent/protocol/order.ts";
import { newAgentSecret, proofOf } from "#agent/protocol/proof.ts";
import { type AgentStatus, encodeRefusal, encodeReply } from "#agent/protocol/protocol.ts";
import { answer, type Desk, newVisitor, refuseLine } from "#agent/server/answers.ts";
import { ClientLanguages } from "#agent/server/client-languages.ts";
import { Lifetime, WATCH_MS } from "#agent/server/lifetime.ts";
import { PushListener } from "#agent/server/push-listener.ts";
import { listen } from "#agent/server/server.ts";
import { UnlockedTokens } from "#agent/server/unlocked-tokens.ts";
import { VaultPresence } from "#agent/server/vault-presence.ts";
import { asFobError } from "#base/file-error.ts";
import { FobError } from "#base/fob-error.ts";
import { messagesFile, speak, t } from "#base/language.ts";
import { judgeProcess, startOf } from "#base/processes.ts";
import { isOurSocket, realPath } from "#platform/agent/agent-socket.ts";
import {
  pointTo,
  removeDeadSocket,
  removePointer,
  takeSocket,
} from "#platform/agent/take-socket.ts";
import { httpClient } from "#platform/http.ts";
import { systemNotifier } from "#platform/notification/notifier.ts";
import { LocalInbox } from "#push/inbox/local-inbox.ts";
import { forget, type Secret } from "#token/secret.ts";
import { directAuthenticator } from "#vault/tokens/authenticator.ts";
import { Vault } from "#vault/vault.ts";
import { carryOut } from "./agent-commands.ts";

declare const FOB_VERSION: string;

/** How long the last replies may take to leave, in milliseconds. */
const FAREWELL_MS = 20;

process.umask(0o077);
process.chdir("/");
// Node's answer to this signal is to open its debugger, which shows all memory to whoever asks
process.on("SIGUSR1", () => undefined);
process.on("SIGHUP", () => undefined);

const messages = fileURLToPath(new URL("../../messages", import.meta.url));
// to the person, by notifications; errors go to clients in English, and the commands of clients
// speak their language
speak(messagesFile(messages, process.env), () => undefined);
const languages = new ClientLanguages(messages);

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
  return new FobError("locked", t("the vault was locked meanwhile"), {
    hint: t("`fob unlock` opens it again"),
  });
}

function vaultIsGone(): FobError {
  return new FobError("unavailable", t("the vault of this agent is gone, and the agent ends"));
}

async function serve(order: AgentOrder, key: Secret): Promise<AgentStatus> {
  const { home, vault, socket, link, limits, push, notify } = order;
  const layout = { home, vaultId: vault };
  const secret = newAgentSecret();
  const holder = {
    pid: process.pid,
    started: startOf(process.pid) ?? "",
    socket,
    home: realPath(home),
    secret,
  };
  const opened = new Vault(layout, key, false);
  const tokens = new UnlockedTokens(opened);
  const lifetime = new Lifetime(limits, { wall: Date.now, monotonic: () => performance.now() });
  const presence = new VaultPresence(layout);
  const clock = () => new Date();
  const http = httpClient(`fob/${FOB_VERSION}`);
  const newInbox = () => new LocalInbox(tokens, { http, now: clock });
  const watch = push
    ? new PushListener(newInbox(), notify ? systemNotifier(process.platform) : null)
    : null;
  let isLocked = false;
  let wasLost = false;
  let release: () => void = () => undefined;

  const lock = () => {
    if (isLocked) return;
    isLocked = true;
    // whatever fails below: it ends
    setTimeout(() => process.exit(0), FAREWELL_MS);
    watch?.end();
    tokens.forget();
    release();
  };
  const status = (): AgentStatus => ({
    ...{ pid: process.pid, socket, vault },
    unlockedAt: lifetime.startedAt.toISOString(),
    endsAt: lifetime.endsAt.toISOString(),
    idleSeconds: limits.idleMs / 1000,
    push: watch?.status ?? null,
  });
  const desk: Desk = {
    tokens: directAuthenticator(tokens, clock),
    newInbox,
    passcodeAtOnce: (name) => tokens.passcodeAtOnce(name, clock()),
    carryOut: (request) => languages.speak(request.language, () => carryOut(opened, request)),
    clock,
    status,
    prove: (challenge) => proofOf(secret, challenge),
    noteUse: () => lifetime.use(),
    lock,
  };
  const newClient = () => {
    const visitor = newVisitor();
    const answerTo = (line: string) => {
      if (!isLocked && lifetime.end()) lock();
      if (isLocked) return refuseLine(line, lockedMeanwhile());
      if (presence.isHere) return answer(line, desk, visitor);
      lock();
      return refuseLine(line, vaultIsGone());
    };
    return { answer: answerTo, leave: () => visitor.command?.stop() };
  };

  // it listens before it claims the vault: whoever reads a claim can ask the one who made it
  const taken = await takeSocket(socket, (name) => listen(name, newClient));
  process.on("exit", taken.release);
  const claiming = await claimVault(layout, holder, isAlive);
  if ("other" in claiming)
    throw new FobError(
      "unavailable",
      t`another agent (process ${claiming.other.pid}) holds this vault`,
    );
  release = () => {
    taken.release();
    if (link !== null) removePointer(link, socket);
    quietly(() => releaseClaim(layout, holder));
  };
  if (link !== null) quietly(() => pointTo(link, socket));
  if (claiming.before && isNextTo(claiming.before.socket, socket))
    await removeDeadSocket(claiming.before.socket);
  for (const signal of ["SIGTERM", "SIGINT", "SIGQUIT"] as const) process.on(signal, lock);
  setInterval(() => {
    if (lifetime.end() || !presence.lookAgain() || !isStillOurs()) lock();
  }, WATCH_MS);
  // a vault that cannot be read any more says so to whoever asks for something
  void watch?.run().catch(() => undefined);
  return status();

  /** A copy of a home names the agent of the original, which is none of the copy's. */
  async function isAlive(other: Holder): Promise<boolean> {
    if (other.home !== holder.home) return false;
    if (judgeProcess(other) === "running") return true;
    const found = await findAgent(other, [other.socket].filter(isOurSocket));
    if (!found || "stranger" in found) return false;
    found.agent.end();
    return true;
  }

  /**
   * A claim that is lost at two looks is made again: at the first one, the vault may be about to be
   * removed.
   */
  function isStillOurs(): boolean {
    try {
      const found = lookAtClaim(layout, holder);
      if (found === "lost" && wasLost) remakeClaim(layout, holder);
      wasLost = found === "lost" && !wasLost;
      return found !== "another's";
    } catch {
      // a disk that fails is looked at again
      return true;
    }
  }
}

/** Agents leave sockets in one folder, under names that nobody uses again. */
function isNextTo(one: string, other: string): boolean {
  return one !== other && dirname(one) === dirname(other);
}

/** What is not worth ending for. */
function quietly(act: () => void): void {
  try {
    act();
  } catch {
    // as said above
  }
}
