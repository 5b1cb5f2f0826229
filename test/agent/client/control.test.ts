import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { AgentControl, type AgentHost } from "#agent/client/control.ts";
import { claimVault, type Holder } from "#agent/protocol/claim.ts";
import { newAgentSecret, proofOf } from "#agent/protocol/proof.ts";
import { type AgentStatus, encodeRefusal, encodeReply } from "#agent/protocol/protocol.ts";
import { FobError } from "#base/fob-error.ts";
import { createHeader, newVaultId } from "#vault/keys/header.ts";
import { newKey } from "#vault/keys/keys.ts";
import { Vault } from "#vault/vault.ts";
import { impersonate } from "../impostor.ts";

/**
 * A home whose vault an agent has claimed, on a machine where `life` is what is known of that
 * agent's process.
 */
async function claimed({ isOurs = true, life = "dead" as ReturnType<AgentHost["lifeOf"]> } = {}) {
  const home = mkdtempSync(join(tmpdir(), "fob-control-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const slot = { type: "keychain", wrapped: Buffer.alloc(60, 1).toString("base64") } as const;
  const { id: vaultId } = createHeader(home, { id: newVaultId(), keychain: "file", slots: [slot] });
  const socket = join(home, "agent.sock");
  const holder: Holder = { pid: 4711, started: "1", socket, home, secret: newAgentSecret() };
  await claimVault({ home, vaultId }, holder, async () => false);
  const state = { life };
  const ended: string[] = [];
  const host: AgentHost = {
    forShells: "",
    leadsTo: (address, socket) => address === socket,
    serviceAt: () => null,
    newPlace: () => ({ socket, link: null }),
    isOfThisHome: () => isOurs,
    addressesOf: (claim) => [claim.socket],
    likelyAddresses: () => [socket],
    startProcess: () => Promise.reject(new Error("nothing is started")),
    lifeOf: () => state.life,
    foreignOwnerOf: () => null,
    end: ({ pid }, signal) => {
      ended.push(`${signal} ${pid}`);
      state.life = "dead";
    },
  };
  const prove = (line: string) => {
    const [word, challenge = ""] = line.split(" ");
    return word === "prove" ? `ok ${proofOf(holder.secret, challenge)}` : null;
  };
  return {
    control: new AgentControl(home, host),
    host,
    home,
    vaultId,
    socket,
    state,
    ended,
    prove,
  };
}

/** What an agent says of itself. */
function statusOf(vault: string): AgentStatus {
  return {
    ...{ pid: 4711, socket: "/s", vault, idleSeconds: 1, push: null },
    ...{ unlockedAt: "2026-01-01T00:00:00.000Z", endsAt: "2026-01-01T01:00:00.000Z" },
  };
}

const OPTIONS = {
  limits: { totalMs: 1, idleMs: 2 },
  push: true,
  notify: false,
  syncMs: null,
  pinentry: null,
  locksWithScreen: true,
} as const;

const NONE = { wasRunning: false, stranger: null };

describe("an agent whose claim was copied with its home", () => {
  test("is neither asked nor ended by the copy", async () => {
    const { control, socket, ended, prove } = await claimed({ isOurs: false, life: "running" });
    const { heard } = await impersonate(socket, prove);
    expect(await control.stop()).toEqual(NONE);
    expect(await control.connect()).toBeNull();
    expect(await control.report()).toEqual({ status: null, stranger: null });
    expect({ heard, ended }).toEqual({ heard: [], ended: [] });
  });
});

describe("asking for an agent", () => {
  test("brings what it says of itself, and nothing of a stranger's", async () => {
    const { control, socket, vaultId, prove } = await claimed();
    const status = statusOf(vaultId);
    const nobody = { status: null, stranger: null };
    expect([await control.report(), await control.status()]).toEqual([nobody, null]);
    let said = `ok ${JSON.stringify(status)}`;
    const { heard } = await impersonate(socket, (line) => prove(line) ?? said);
    expect(await control.report()).toEqual({ status, stranger: null });
    expect(await control.status()).toEqual(status);
    // it has locked in between
    said = "error locked the vault was locked meanwhile";
    expect(await control.report()).toEqual(nobody);
    expect(heard.filter((line) => line === "status")).toHaveLength(3);
  });

  test("names a stranger, who is asked nothing", async () => {
    const { control, socket } = await claimed({ life: "running" });
    const { heard } = await impersonate(socket, () => "ok 1");
    expect(await control.report()).toEqual({ status: null, stranger: socket });
    expect(await control.connect()).toBeNull();
    expect(heard.every((line) => line.startsWith("prove "))).toBe(true);
  });

  test("connects to the one that proves itself", async () => {
    const { control, socket, prove } = await claimed();
    expect(await control.connect()).toBeNull();
    await impersonate(socket, (line) => prove(line) ?? "ok");
    const connection = await control.connect();
    expect(await connection?.ask("list")).toBe("ok");
    connection?.end();
  });

  test("is in vain without a vault, or without a claim", async () => {
    const { control, home, socket, prove } = await claimed();
    const { heard } = await impersonate(socket, prove);
    rmSync(join(home, "vault", "header"), { recursive: true, force: true });
    expect(await control.connect()).toBeNull();
    expect(await control.report()).toEqual({ status: null, stranger: null });
    expect(heard).toEqual([]);
  });

  test("tells shells the place that the machine has for them", async () => {
    const { host, home } = await claimed();
    expect(new AgentControl(home, { ...host, forShells: "/run/fob" }).forShells).toBe("/run/fob");
  });
});

describe("starting an agent", () => {
  /** A host that starts agents which answer so, the orders that they got, and their vault. */
  async function starting(answer: () => string) {
    const bench = await claimed();
    const { home, vaultId, host } = bench;
    const vault = new Vault({ home, vaultId }, newKey(), false);
    const orders: unknown[] = [];
    const keys: Buffer[] = [];
    const control = new AgentControl(home, {
      ...host,
      startProcess: async (order, key) => {
        orders.push({ ...order, key: Buffer.from(key) });
        keys.push(key);
        return answer();
      },
    });
    return { ...bench, control, vault, orders, keys };
  }

  test("gives it the vault, its place and its limits, and overwrites the key", async () => {
    const { control, vault, orders, keys, home, vaultId, socket } = await starting(() =>
      encodeReply(statusOf("v")),
    );
    expect(await control.start(vault, OPTIONS)).toEqual(statusOf("v"));
    expect(orders).toEqual([
      { home, vault: vaultId, socket, link: null, ...OPTIONS, key: vault.vaultKey },
    ]);
    expect(keys[0]?.every((byte) => byte === 0)).toBe(true);
    expect(vault.vaultKey.every((byte) => byte === 0)).toBe(false);
  });

  test("ends the one that is there", async () => {
    const { control, vault, state, ended } = await starting(() => encodeReply(statusOf("v")));
    state.life = "running";
    await control.start(vault, OPTIONS);
    expect(ended).toEqual(["SIGTERM 4711"]);
  });

  test("fails as the agent says", async () => {
    const refusal = new FobError("unavailable", "the agent cannot listen");
    const { control, vault } = await starting(() => encodeRefusal(refusal));
    await expect(control.start(vault, OPTIONS)).rejects.toMatchObject({
      message: "the agent cannot listen",
    });
  });

  test("is not needed where one is there, and its vault is not opened", async () => {
    const { control, socket, prove, orders } = await starting(() => "");
    await impersonate(socket, (line) => prove(line) ?? `ok ${JSON.stringify(statusOf("there"))}`);
    const open = () => Promise.reject(new Error("nothing is opened"));
    expect(await control.join(open, OPTIONS)).toEqual(statusOf("there"));
    expect(orders).toEqual([]);
  });

  test("of several at once brings the one that was faster", async () => {
    const refusal = new FobError("unavailable", "another agent has the vault");
    const { control, vault, socket, prove } = await starting(() => encodeRefusal(refusal));
    const joined = control.join(async () => vault, OPTIONS);
    await impersonate(socket, (line) => prove(line) ?? `ok ${JSON.stringify(statusOf("faster"))}`);
    expect(await joined).toEqual(statusOf("faster"));
  });

  test("fails where none was faster", async () => {
    const refusal = new FobError("unavailable", "the agent cannot listen");
    const { control, vault } = await starting(() => encodeRefusal(refusal));
    await expect(control.join(async () => vault, OPTIONS)).rejects.toMatchObject({
      message: "the agent cannot listen",
    });
  });
});

describe("ending an agent", () => {
  test("that locks and ends is all there is to do", async () => {
    const { control, state, ended, prove, socket } = await claimed({ life: "running" });
    const server = createServer((client) => {
      client.on("data", (bytes) => {
        const line = String(bytes).trim();
        if (line !== "lock") return client.write(`${prove(line)}\n`);
        state.life = "dead";
        return client.end("ok locked\n");
      });
    });
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    onTestFinished(() => void server.close());
    expect(await control.stop()).toEqual({ wasRunning: true, stranger: null });
    expect(ended).toEqual([]);
  });

  test("that ends by no signal says so", async () => {
    const { host, home, ended } = await claimed({ life: "running" });
    const stubborn = {
      ...host,
      end: ({ pid }: Holder, signal: string) => void ended.push(`${signal} ${pid}`),
    };
    await expect(new AgentControl(home, stubborn).stop()).rejects.toMatchObject({
      code: "unavailable",
      message: "the agent (process 4711) cannot be ended",
    });
    expect(ended).toEqual(["SIGTERM 4711", "SIGKILL 4711"]);
  });

  test("whose claim is damaged says so, and soon where nobody listens", async () => {
    const { control, home, ended } = await claimed();
    const claim = join(home, "vault", "agent", "1");
    writeFileSync(claim, "damaged");
    utimesSync(claim, 1, 1);
    const start = performance.now();
    await expect(control.stop()).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("the claim of the agent is damaged"),
    });
    expect(performance.now() - start).toBeLessThan(5_000);
    expect(ended).toEqual([]);
  });

  test("whose claim is lost waits for none where another vault's agent answers", async () => {
    const { control, home, socket, vaultId, ended } = await claimed();
    rmSync(join(home, "vault", "agent"), { recursive: true });
    const { heard } = await impersonate(
      socket,
      () => "error unavailable this agent holds another vault",
    );
    expect(await control.stop()).toEqual(NONE);
    expect({ heard, ended }).toEqual({ heard: [`vault ${vaultId}`], ended: [] });
  });

  test("that proves itself asks it to lock, and ends its process only while it stays connected", async () => {
    const { control, socket, state, ended, prove } = await claimed({ life: "running" });
    const { heard } = await impersonate(socket, (line) => {
      if (line === "lock") state.life = "dead";
      return prove(line);
    });
    // it has gone as a process, and whoever took its socket over keeps the connection open: that
    // one is not let be
    await expect(control.stop()).rejects.toMatchObject({ code: "unavailable" });
    expect(heard.at(-1)).toBe("lock");
    expect(ended).toEqual(["SIGKILL 4711"]);
  });

  test("that proves nothing and runs ends its process", async () => {
    const { control, ended } = await claimed({ life: "running" });
    expect(await control.stop()).toEqual({ wasRunning: true, stranger: null });
    expect(ended).toEqual(["SIGTERM 4711"]);
  });

  test("that has gone does nothing, and names who answers in its place", async () => {
    const { control, socket, ended } = await claimed();
    expect(await control.stop()).toEqual(NONE);
    const { heard } = await impersonate(socket, () => "ok 1");
    expect(await control.stop()).toEqual({ wasRunning: false, stranger: socket });
    expect(heard).toEqual([expect.stringMatching(/^prove /)]);
    expect(ended).toEqual([]);
  });

  test.skipIf(process.platform === "win32")(
    "of which nobody knows whether it runs says so, and ends nothing",
    async () => {
      const { control, ended } = await claimed({ life: "unknown" });
      await expect(control.stop()).rejects.toMatchObject({
        code: "unavailable",
        message: expect.stringContaining("nobody can tell whether the agent (process 4711"),
      });
      expect(ended).toEqual([]);
    },
  );
});
