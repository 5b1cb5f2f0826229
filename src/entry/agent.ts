// A separate program: the agent. `fob unlock` starts it and writes an order and the vault key to
// its standard input. It reports on standard output whether it listens, and outlives its parent.

import { readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { decodeOrder } from "#agent/protocol/order.ts";
import { encodeRefusal, encodeReply } from "#agent/protocol/protocol.ts";
import { ClientLanguages } from "#agent/server/client-languages.ts";
import { asFobError } from "#base/file-error.ts";
import { speak } from "#base/language.ts";
import { messagesFile } from "#base/messages-file.ts";
import { closeInherited, leaveStarter } from "#platform/inherited-descriptors.ts";
import { forget } from "#token/secret.ts";
import { ownSocket } from "./agent-claim.ts";
import { holdVault } from "./hold-vault.ts";

process.umask(0o077);
process.chdir("/");
closeInherited();
// Node would open its debugger, which shows all memory to anybody who asks
process.on("SIGUSR1", () => undefined);
process.on("SIGHUP", () => undefined);

const installation = join(fileURLToPath(import.meta.url), "../..");
const messages = join(installation, "messages");
// notifications use the language of the environment, replies that of the client
speak(messagesFile(messages, process.env), () => undefined);

// at once, without streams that would keep the descriptors
void start(readFileSync(0));

async function start(input: Buffer): Promise<void> {
  const { order, vaultKey } = decodeOrder(input);
  forget(input);
  try {
    const languages = new ClientLanguages(messages);
    const held = await holdVault(
      order,
      vaultKey,
      { languages, folder: installation },
      ownSocket(order),
    );
    writeSync(1, `${encodeReply(held.status())}\n`);
    leaveStarter();
  } catch (error) {
    forget(vaultKey);
    writeSync(1, `${encodeRefusal(asFobError(error))}\n`);
    // an open socket would keep the process running
    process.exit(1);
  }
}
