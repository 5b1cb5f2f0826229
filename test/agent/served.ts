import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { connect } from "#agent/client/connection.ts";
import { type AgentServices, newClientState } from "#agent/server/agent-services.ts";
import { answer } from "#agent/server/answers.ts";
import { listen } from "#agent/server/server.ts";
import { UnlockedTokens } from "#agent/server/unlocked-tokens.ts";
import { LocalInbox } from "#push/inbox/local-inbox.ts";
import { directAuthenticator } from "#vault/tokens/authenticator.ts";
import type { Vault } from "#vault/vault.ts";

/** What an agent of this process has, which is none of the program. */
type Surroundings = Partial<AgentServices> & Pick<AgentServices, "clock">;

/**
 * An agent of an open vault in this process, the lines that it hears, and a connection to it. It
 * ends with the test.
 */
export async function served(vault: Vault, surroundings: Surroundings) {
  const folder = mkdtempSync(join(tmpdir(), "fob-served-"));
  const tokens = new UnlockedTokens(vault);
  const unused = () => {
    throw new Error("this agent does not do that");
  };
  const services: AgentServices = {
    vaultState: () => "open",
    inLanguage: (_, work) => work(),
    tokens: directAuthenticator(tokens, surroundings.clock),
    writeUses: () => undefined,
    openGrant: unused,
    newInbox: () => new LocalInbox(tokens, { http: unused, now: surroundings.clock }),
    passcodeAtOnce: () => null,
    carryOut: unused,
    status: unused,
    prove: unused,
    noteUse: () => undefined,
    lock: unused,
    ...surroundings,
  };
  const heard: string[] = [];
  const server = await listen({ path: join(folder, "s") }, () => {
    const client = newClientState();
    return {
      answer: (line) => {
        heard.push(line.replace(/^#\d+ /, ""));
        return answer(line, services, client);
      },
      leave: () => undefined,
    };
  });
  const connection = await connect(join(folder, "s"));
  if (!connection) throw new Error("nobody listens");
  onTestFinished(() => {
    connection.end();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { connection, server, heard };
}
