import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { AgentControl, type AgentHost } from "#agent/client/control.ts";
import { claimVault, type Holder } from "#agent/protocol/claim.ts";
import { newAgentSecret, proofOf } from "#agent/protocol/proof.ts";
import { createHeader, newVaultId } from "#vault/keys/header.ts";
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
    newPlace: () => ({ socket, link: null }),
    isOfThisHome: () => isOurs,
    addressesOf: (claim) => [claim.socket],
    likelyAddresses: () => [socket],
    startProcess: () => Promise.reject(new Error("nothing is started")),
    lifeOf: () => state.life,
    end: ({ pid }, signal) => {
      ended.push(`${signal} ${pid}`);
      state.life = "dead";
    },
  };
  const prove = (line: string) => {
    const [word, challenge = ""] = line.split(" ");
    return word === "prove" ? `ok ${proofOf(holder.secret, challenge)}` : null;
  };
  return { control: new AgentControl(home, host), socket, state, ended, prove };
}

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

describe("ending an agent", () => {
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
