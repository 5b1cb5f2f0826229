// A separate program: the agent. `fob unlock` starts it and writes an order and the vault key to
// its standard input. It reports on standard output whether it listens, and outlives its parent.

import { readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type AgentOrder, decodeOrder } from "#agent/protocol/order.ts";
import { proofOf } from "#agent/protocol/proof.ts";
import { type AgentStatus, encodeRefusal, encodeReply } from "#agent/protocol/protocol.ts";
import { ClientLanguages } from "#agent/server/client-languages.ts";
import { CHECK_MS } from "#agent/server/lifetime.ts";
import { asFobError } from "#base/file-error.ts";
import { speak } from "#base/language.ts";
import { messagesFile } from "#base/messages-file.ts";
import { closeInherited, leaveStarter } from "#platform/inherited-descriptors.ts";
import { forget, type Secret } from "#token/secret.ts";
import { claimForAgent, newHolder } from "./agent-claim.ts";
import { HeldVault } from "./held-vault.ts";

process.umask(0o077);
process.chdir("/");
closeInherited();
// Node would open its debugger, which shows all memory to anybody who asks
process.on("SIGUSR1", () => undefined);
process.on("SIGHUP", () => undefined);

const messages = join(fileURLToPath(import.meta.url), "../../messages");
// notifications use the language of the environment, replies that of the client
speak(messagesFile(messages, process.env), () => undefined);

// at once, without streams that would keep the descriptors
void start(readFileSync(0));

async function start(input: Buffer): Promise<void> {
  const { order, vaultKey } = decodeOrder(input);
  forget(input);
  try {
    writeSync(1, `${encodeReply(await serve(order, vaultKey))}\n`);
    leaveStarter();
  } catch (error) {
    forget(vaultKey);
    writeSync(1, `${encodeRefusal(asFobError(error))}\n`);
    // an open socket would keep the process running
    process.exit(1);
  }
}

async function serve(order: AgentOrder, vaultKey: Secret): Promise<AgentStatus> {
  const holder = newHolder(order);
  const held = new HeldVault(order, vaultKey, {
    languages: new ClientLanguages(messages),
    prove: (challenge) => proofOf(holder.secret, challenge),
  });
  const claim = await claimForAgent(order, holder, () => held.newClient());
  held.releaseAtLock(() => claim.release());
  for (const signal of ["SIGTERM", "SIGINT", "SIGQUIT"] as const)
    process.on(signal, () => held.lock());
  setInterval(() => {
    if (held.isOver() || !claim.isStillOurs()) held.lock();
  }, CHECK_MS);
  held.listenForLoginRequests();
  held.lockWithSession();
  return held.status();
}
