import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { newChallenge } from "#agent/protocol/proof.ts";
import type { AgentStatus } from "#agent/protocol/protocol.ts";
import { type AgentServices, newClientState } from "#agent/server/agent-services.ts";
import { answer } from "#agent/server/answers.ts";
import { UnlockedTokens } from "#agent/server/unlocked-tokens.ts";
import { LocalInbox } from "#push/inbox/local-inbox.ts";
import { newVaultId } from "#vault/keys/header.ts";
import { newKey } from "#vault/keys/keys.ts";
import { directAuthenticator } from "#vault/tokens/authenticator.ts";
import { Vault } from "#vault/vault.ts";
import { addAtOnce, PLAIN } from "../../vault/add-at-once.ts";

const NOW = new Date("2026-01-01T00:00:00Z");
const VAULT_ID = newVaultId();
const OTHER = newVaultId();

const STATUS: AgentStatus = {
  ...{ pid: 1, socket: "/nowhere", vault: VAULT_ID, idleSeconds: 1, push: null },
  ...{ unlockedAt: NOW.toISOString(), endsAt: NOW.toISOString() },
};

/** An agent with one token, and what it noted. */
function agent() {
  const home = mkdtempSync(join(tmpdir(), "fob-answers-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const vault = new Vault({ home, vaultId: VAULT_ID }, newKey(), false);
  const credential = {
    kind: "totp",
    algorithm: "SHA1",
    digits: 6,
    alphabet: "decimal",
    period: 30,
    t0: 0,
  } as const;
  addAtOnce(
    vault,
    [{ name: "vpn", ...PLAIN, credential, secret: Buffer.from("12345678901234567890") }],
    NOW,
  );
  const tokens = new UnlockedTokens(vault);
  const noted = { uses: 0, locks: 0 };
  const services: AgentServices = {
    vaultState: () => "open",
    inLanguage: (_, work) => work(),
    tokens: directAuthenticator(tokens, () => NOW),
    writeUses: () => undefined,
    openGrant: () => {
      throw new Error("no grant");
    },
    newInbox: () =>
      new LocalInbox(tokens, {
        http: () => Promise.reject(new Error("no server")),
        now: () => NOW,
      }),
    // what an agent has made before it gives at once
    passcodeAtOnce: (name) => (name === "known" ? "123456" : null),
    clock: () => NOW,
    carryOut: () => {
      throw new Error("no command");
    },
    status: () => STATUS,
    prove: () => "proof",
    noteUse: () => noted.uses++,
    lock: () => noted.locks++,
  };
  const client = newClientState();
  return { noted, ask: async (line: string) => answer(line, services, client) };
}

const ELSEWHERE = "error unavailable this agent holds another vault";

test("an agent that was asked about another vault answers that client nothing more, the right vault neither", async () => {
  const { noted, ask } = agent();
  expect(await ask(`vault ${VAULT_ID}`)).toBe(`ok ${VAULT_ID}`);
  expect(await ask("code known")).toBe("ok 123456");
  expect(await ask(`vault ${OTHER}`)).toBe(ELSEWHERE);
  const uses = noted.uses;
  for (const line of [
    `vault ${VAULT_ID}`,
    "code known",
    "code vpn",
    "list",
    "status",
    "lock",
    `prove ${newChallenge()}`,
  ])
    expect(await ask(`#7 ${line}`)).toBe(`#7 ${ELSEWHERE}`);
  expect(JSON.parse(await ask('{"do":"list"}'))).toMatchObject({ error: { code: "unavailable" } });
  expect(noted).toEqual({ uses, locks: 0 });
});

test.each(["", VAULT_ID.slice(1), `${VAULT_ID}0`, VAULT_ID.toUpperCase()])(
  "the vault %j is another one",
  async (id) => {
    expect(await agent().ask(`vault ${id}`)).toBe(ELSEWHERE);
  },
);

test("who uses the vault is noted, and who only looks at the agent is not", async () => {
  const { noted, ask } = agent();
  const looks = [
    ...["status", `vault ${VAULT_ID}`, `prove ${newChallenge()}`, "", "nonsense", "{}", "lock"],
    ...['{"do":"names"}', '{"do":"push-list","name":null}', ' {"do":"code","name":"vpn"}'],
  ];
  for (const line of looks) await ask(line);
  expect(noted).toEqual({ uses: 0, locks: 1 });
  const uses = [
    "code known",
    "code vpn",
    "code nobody",
    "challenge vpn 1",
    "list",
    '{"do":"code","name":"vpn"}',
  ];
  for (const [i, line] of uses.entries()) {
    await ask(line);
    expect([line, noted.uses]).toEqual([line, i + 1]);
  }
});

test("nothing but a challenge of 32 bytes is proved", async () => {
  const { ask } = agent();
  expect(await ask(`prove ${newChallenge()}`)).toBe("ok proof");
  for (const wrong of [
    "",
    "x",
    `${newChallenge()}A`,
    newChallenge().slice(1),
    `${newChallenge().slice(1)}+`,
  ])
    expect(await ask(`prove ${wrong}`)).toMatch(/^error usage /);
});
