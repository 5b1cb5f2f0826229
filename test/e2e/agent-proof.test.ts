import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { claimant } from "#agent/protocol/claim.ts";
import { createHeader } from "#vault/keys/header.ts";
import { connectTo, hasEnded } from "../agent/agent.ts";
import { impersonate } from "../agent/impostor.ts";
import { inQuickTime } from "../quick-time.ts";
import { HOTP_URI, homesLike, homesToLock, RFC_CODES, type TestHome, TOTP_URI } from "./fob.ts";

const PIN = { env: { FOB_PIN: "83517" } };

const locked = homesToLock();

/** A home with an app PIN, so that nothing but an agent answers without one. */
async function enrolled(): Promise<TestHome> {
  return locked(await withAppPin());
}

const withAppPin = homesLike(async ({ fob }) => {
  await fob(["enroll", "-"], { input: [HOTP_URI, TOTP_URI].join("\n") });
  await fob(["pin", "set"], PIN);
});

function ownFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "fob-own-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function vaultOf({ home }: TestHome): string {
  const folder = join(home, "vault/header");
  const text = readFileSync(join(folder, String(readdirSync(folder)[0])), "latin1");
  return /"id":"([0-9a-f]{32})"/.exec(text)?.[1] ?? "";
}

/**
 * Leaves the address of an agent to others: the agent is killed, and its claim still names the
 * place.
 */
async function abandoned(home: TestHome): Promise<string> {
  const { pid, socket } = JSON.parse((await home.fob(["unlock", "--json"], PIN)).stdout);
  process.kill(pid, "SIGKILL");
  await expect.poll(() => hasEnded(pid)).toBe(true);
  rmSync(socket);
  return socket;
}

describe("a stranger at the agent's address", () => {
  const answers: readonly [string, (vault: string) => (line: string) => string | null][] = [
    ["that answers as an agent would", (vault) => (line) => stranger(line, vault)],
    ["that sends the challenge back", () => (line) => `ok ${line.replace("prove ", "")}`],
    ["that says nothing", () => () => null],
    ["that answers everything with a passcode", () => () => "ok 666666"],
  ];

  function stranger(line: string, vault: string): string {
    if (line.startsWith("vault")) return `ok ${vault}`;
    if (line.startsWith("prove")) return `ok ${"A".repeat(43)}`;
    if (line.startsWith("{"))
      return '{"ok":{"name":"ACME","kind":"hotp","code":"666666","counter":0}}';
    return "ok 666666";
  }

  test.each(answers)("%s is not believed, and hears neither names nor PINs", async (_, reply) => {
    const home = await enrolled();
    const socket = await abandoned(home);
    const { heard } = await impersonate(socket, reply(vaultOf(home)));
    const fob: TestHome["fob"] = (...args) => inQuickTime(20, () => home.fob(...args));
    for (const name of ["ACME", "acm"]) {
      expect(await fob(["code", name])).toMatchObject({ exitCode: 5, stdout: "" });
    }
    expect(await fob(["code", "ACME"], PIN)).toMatchObject({
      exitCode: 0,
      stdout: `${RFC_CODES[0]}\n`,
    });
    expect((await fob(["__complete", "names"])).stdout).toBe("");
    expect(heard.filter((line) => !/^prove [\w-]{43}$/.test(line))).toEqual([]);
    expect(heard.length).toBe(new Set(heard).size);
    expect(heard.length).toBeGreaterThan(3);
  });

  test("is named by lock and status, and by nobody else", async () => {
    const home = await enrolled();
    const socket = await abandoned(home);
    await impersonate(socket, (line) => stranger(line, vaultOf(home)));
    const warning = `whoever answers at ${socket} cannot prove to be the agent of this vault, and was not believed\n`;
    expect(await home.fob(["lock"])).toEqual({
      exitCode: 0,
      stdout: "",
      stderr: `${warning}nothing was unlocked\n`,
    });
    expect(await home.fob(["agent", "status"])).toMatchObject({ exitCode: 8, stderr: warning });
    expect(JSON.parse((await home.fob(["agent", "status", "--json"])).stdout)).toEqual({
      running: false,
    });
    expect(await home.fob(["list"], PIN)).toMatchObject({ exitCode: 0, stderr: "" });
  });

  test("at FOB_AGENT_SOCK is passed over for the agent that proves itself", async () => {
    const home = await enrolled();
    const socket = join(ownFolder(), "agent.sock");
    const { heard } = await impersonate(socket, (line) => stranger(line, vaultOf(home)));
    const env = { FOB_AGENT_SOCK: socket };
    expect(await home.fob(["code", "ACME"], { env })).toMatchObject({ exitCode: 5, stdout: "" });
    await home.fob(["unlock"], PIN);
    expect((await home.fob(["code", "ACME"], { env })).stdout).toBe(`${RFC_CODES[0]}\n`);
    expect(heard.join()).not.toMatch(/code|ACME/);
  });

  test("does not stop an agent from being started, nor is it ended by one", async () => {
    const home = await enrolled();
    const { heard } = await impersonate(await abandoned(home), () => "ok 666666");
    expect(await home.fob(["unlock"], PIN)).toMatchObject({ exitCode: 0 });
    expect((await home.fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[0]}\n`);
    expect(heard).not.toContain("lock");
  });
});

test("an agent proves itself on one line, to whoever can read its claim", async () => {
  const home = await enrolled();
  const { socket } = JSON.parse((await home.fob(["unlock", "--json"], PIN)).stdout);
  const { createHmac, randomBytes } = await import("node:crypto");
  const agent = await connectTo(socket);
  const challenge = randomBytes(32).toString("base64url");
  const { secret } = claimant({ home: home.home, vaultId: vaultOf(home) }) ?? {
    secret: Buffer.alloc(0),
  };
  const proof = createHmac("sha256", secret)
    .update(`fob agent to client\n${challenge}`)
    .digest("base64url");
  expect(await agent.ask(`#1 prove ${challenge}`)).toBe(`#1 ok ${proof}`);
  for (const wrong of ["", "x", `${challenge}A`, "code vpn"])
    expect(await agent.ask(`prove ${wrong}`)).toMatch(/^error usage /);
  agent.socket.destroy();
});

test("a claim whose number another process has now ends nothing but itself", async () => {
  const home = await enrolled();
  const socket = await abandoned(home);
  const { updateCell } = await import("#vault/cells/cell.ts");
  const { agentCell } = await import("#vault/cells/layout.ts");
  const layout = { home: home.home, vaultId: vaultOf(home) };
  // this very process, once as it began at another time, and once where the system does not tell
  const claim = (started: string) =>
    updateCell(agentCell(layout), (value) =>
      Buffer.from(JSON.stringify({ ...JSON.parse(String(value)), pid: process.pid, started })),
    );
  claim("other/1");
  expect(await home.fob(["lock"])).toMatchObject({ exitCode: 0, stderr: "nothing was unlocked\n" });
  claim("");
  expect(await home.fob(["lock"])).toMatchObject({
    exitCode: 8,
    stderr: expect.stringContaining(
      `nobody can tell whether the agent (process ${process.pid}, ${socket}) still holds`,
    ),
  });
  expect(await home.fob(["unlock"], PIN)).toMatchObject({ exitCode: 0 });
  expect((await home.fob(["lock"])).stderr).toBe("locked\n");
});

describe("the vault of an agent", () => {
  test.each([
    ["is removed", (home: string) => renameSync(join(home, "vault"), join(home, "elsewhere"))],
    [
      "is replaced by another one",
      (home: string) => {
        renameSync(join(home, "vault"), join(home, "elsewhere"));
        createHeader(home, {
          id: "f".repeat(32),
          keychain: "file",
          slots: [{ type: "recovery", wrapped: "AAAA" }],
        });
      },
    ],
  ])("that %s: whoever asks is told so, and the agent ends", async (_, lose) => {
    const home = await enrolled();
    const { pid, socket } = JSON.parse((await home.fob(["unlock", "--json"], PIN)).stdout);
    const agent = await connectTo(socket);
    expect(await agent.ask("code Example")).toMatch(/^ok /);
    lose(home.home);
    const closed = new Promise((resolve) => agent.socket.once("close", resolve));
    const gone = "the vault of this agent is gone, and the agent ends";
    const [reply] = await Promise.all([agent.ask("#7 list"), closed]);
    expect([
      `#7 error unavailable ${gone}`,
      "#7 error locked the vault was locked meanwhile",
    ]).toContain(reply);
    await expect.poll(() => hasEnded(pid)).toBe(true);
  });

  test("whose home was moved away is left alone within seconds, though nobody asks", async () => {
    const home = await enrolled();
    const { pid } = JSON.parse((await home.fob(["unlock", "--json"], PIN)).stdout);
    renameSync(home.home, `${home.home}-moved`);
    onTestFinished(() => rmSync(`${home.home}-moved`, { recursive: true }));
    await expect.poll(() => hasEnded(pid), { timeout: 10_000 }).toBe(true);
  });
});

test("whoever only looks does not keep an agent from locking when nobody uses it", async () => {
  const home = await enrolled();
  const { pid, socket } = JSON.parse(
    (await home.fob(["unlock", "--idle", "4s", "--json"], PIN)).stdout,
  );
  const agent = await connectTo(socket);
  let isOpen = true;
  const closed = new Promise<void>((resolve) =>
    agent.socket.once("close", () => {
      isOpen = false;
      resolve();
    }),
  );
  const looks = [
    "status",
    "#1 status",
    `prove ${"A".repeat(43)}`,
    `vault ${vaultOf(home)}`,
    '{"do":"names"}',
    ' {"do":"list"}',
    '{ "do" : "push-list" }',
    '{"do":"nothing"}',
    '{ "do": "code" }',
    "nonsense",
    "",
  ];
  const looking = (async () => {
    for (let at = 0; isOpen; at++)
      await Promise.race([agent.ask(looks[at % looks.length] ?? ""), closed]);
  })();
  // with `fob agent status` every now and then, as a status line does it
  const asking = (async () => {
    while (isOpen) await home.fob(["agent", "status"]);
  })();
  await expect.poll(() => hasEnded(pid), { timeout: 20_000 }).toBe(true);
  await Promise.all([looking, asking]);
}, 30_000);
