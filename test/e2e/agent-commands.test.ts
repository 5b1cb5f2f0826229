import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { connectTo } from "../agent/agent.ts";
import { describeWith } from "../requires.ts";
import {
  FOB,
  HOTP_URI,
  homesLike,
  RFC_CODES,
  RFC_SECRET,
  type TestHome,
  TOTP_URI,
  testHome,
} from "./fob.ts";
import { openTerminal } from "./terminal.ts";

const APP = { env: { FOB_PIN: "83517" } };
const TOKEN_PIN = { env: { FOB_PIN: "90210" } };

let open: TestHome | null = null;

const guarded = homesLike(async ({ fob }) => {
  const uris = [HOTP_URI, TOTP_URI, HOTP_URI.replaceAll("ACME", "Bank")];
  await fob(["enroll", "-"], { input: uris.join("\n") });
  await fob(["pin", "set", "Bank"], TOKEN_PIN);
  await fob(["pin", "set"], APP);
});

/**
 * A vault with an app PIN that an agent holds open; one of its tokens has a PIN besides, one is
 * used only after a PIN.
 */
async function unlocked(): Promise<TestHome & { readonly socket: string }> {
  const home = await guarded();
  open = home;
  const { stdout } = await home.fob(["unlock", "--json"], APP);
  return { ...home, socket: JSON.parse(stdout).socket };
}

/** A socket that hands lines on to an agent, and keeps what the agent says. */
async function recorded(
  home: string,
  socket: string,
): Promise<{ readonly path: string; readonly said: string[] }> {
  const path = join(home, "recorded.sock");
  const said: string[] = [];
  const server = createServer((client) => {
    const agent = createConnection(socket);
    client.on("error", () => agent.destroy());
    agent.on("error", () => client.destroy());
    agent.on("data", (bytes) => said.push(bytes.toString("utf8")));
    client.pipe(agent).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => void server.close());
  return { path, said };
}

/** Another secret, and how it is written in strings, bytes in Base64, and hex. */
const OTHER = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
const SECRETS = [
  RFC_SECRET,
  OTHER,
  "12345678901234567890",
  "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA",
  "SGVsbG8h3q2",
];

const uri = (issuer: string, secret: string) =>
  `otpauth://hotp/${issuer}:ann?secret=${secret}&issuer=${issuer}&counter=0`;

/** What a vault has, without what is different in every run. */
async function stored(fob: TestHome["fob"], surroundings: object) {
  const { stdout } = await fob(["list", "--json"], surroundings);
  return JSON.parse(stdout)
    .map(
      ({ id: _id, enrolledAt: _at, lastUsedAt: _used, ...rest }: Record<string, unknown>) => rest,
    )
    .sort((a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name));
}

afterEach(async () => {
  await open?.fob(["lock"]);
  open = null;
});

describe("while an agent holds the vault", () => {
  test("what keeps house does not ask for the app PIN, and does what it does without an agent", {
    timeout: 240_000,
  }, async () => {
    const { fob } = await unlocked();
    const run = async (...args: string[]) => {
      const { stdout, exitCode } = await fob([...args, "--json"]);
      return { exitCode, ...(stdout === "" ? {} : { value: JSON.parse(stdout) }) };
    };
    const renamed = { name: "vpn", formerName: "ACME", id: expect.any(String) };
    expect(await run("rename", "ACME", "vpn")).toEqual({ exitCode: 0, value: renamed });
    expect(await run("favorite", "vpn")).toMatchObject({
      exitCode: 0,
      value: { name: "vpn", favorite: true },
    });
    const moved = { exitCode: 0, value: { name: "vpn", counter: 2 } };
    expect(await run("resync", "vpn", RFC_CODES[0] ?? "", RFC_CODES[1] ?? "")).toEqual(moved);
    const match = { match: true, offset: 1, counter: 3 };
    expect(await run("verify", "vpn", RFC_CODES[3] ?? "")).toEqual({ exitCode: 0, value: match });
    expect(await run("verify", "vpn", "000000")).toEqual({ exitCode: 7, value: { match: false } });
    expect(await run("access", "list")).toEqual({ exitCode: 0, value: [] });
    expect(await run("pin", "status", "Bank")).toMatchObject({
      exitCode: 0,
      value: { type: "user", attemptsLeft: 10 },
    });
    expect((await run("doctor")).value).toContainEqual(
      expect.objectContaining({ check: "vault", status: "ok" }),
    );
    expect(await run("remove", "vpn", "--yes")).toMatchObject({
      exitCode: 0,
      value: [{ name: "vpn" }],
    });
    expect(await run("restore")).toMatchObject({
      value: [{ name: "vpn", removedAt: expect.stringMatching(/Z$/) }],
    });
    expect(await run("restore", "vpn")).toMatchObject({ exitCode: 0, value: { name: "vpn" } });
    expect(await run("rename", "nix", "x")).toEqual({ exitCode: 3 });
    for (const question of ["status", "members"])
      expect(await run("sync", question)).toEqual({ exitCode: 2 });
    // the token's own PIN is asked for, through the client
    expect(await fob(["resync", "Bank", RFC_CODES[0] ?? ""])).toMatchObject({
      exitCode: 5,
      stderr: expect.stringMatching(/cannot ask here: PIN for Bank/),
    });
    expect(await fob(["resync", "Bank", RFC_CODES[0] ?? ""], TOKEN_PIN)).toMatchObject({
      exitCode: 0,
    });
    const input = RFC_CODES[4] ?? "";
    expect(await fob(["resync", "vpn", "-"], { input })).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining("5"),
    });
  });

  test.each([
    [["pin", "change"]],
    [["pin", "remove"]],
    [["keychain", "move", "none"]],
    [["access", "grant", "ci", "--token", "ACME"]],
    [["access", "domain", "ACME", "FF"]],
    [["export", "ACME"]],
    [["backup", "-"]],
  ])("%j asks for the app PIN all the same", async (args) => {
    const { fob } = await unlocked();
    const { stdout, stderr, exitCode } = await fob(args);
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 5 });
    expect(stderr).toContain("app PIN");
  });

  test("a token that is used only after a PIN is verified only after the app PIN", async () => {
    const { fob } = await unlocked();
    await fob(["access", "domain", "ACME", "02"], APP);
    expect(await fob(["verify", "ACME", RFC_CODES[0] ?? ""])).toMatchObject({
      exitCode: 5,
      stdout: "",
    });
    expect(await fob(["verify", "ACME", RFC_CODES[0] ?? ""], APP)).toMatchObject({ exitCode: 0 });
    expect(await fob(["rename", "ACME", "vpn"])).toMatchObject({ exitCode: 0 });
  });

  test("its socket carries out nothing else, and never gives a secret", async () => {
    const { socket } = await unlocked();
    const client = await connectTo(socket);
    const ask = async (request: unknown) => JSON.parse(await client.ask(JSON.stringify(request)));
    const command = (name: string, input: object) =>
      ask({ do: "command", name, input, interactive: false });
    for (const name of [
      "export",
      "backup",
      "pin set",
      "keychain move",
      "access grant",
      "constructor",
      "__proto__",
      "",
    ])
      expect(await command(name, {}), name).toMatchObject({ error: { code: "usage" } });
    for (const input of [{}, { name: true }, { name: ["ACME"], newName: "x" }, { name: 1 }])
      expect(await command("rename", input)).toMatchObject({ error: { code: "usage" } });
    expect(await ask({ do: "answer", value: "x" })).toMatchObject({ error: { code: "usage" } });
    // a path that a client names is no file of the agent's
    expect(
      await command("restore", { name: "/etc/passwd", replace: false, keepBoth: false }),
    ).toMatchObject({
      error: { code: "not-found" },
    });
    const asked = await command("remove", { names: ["ACME"], yes: false });
    expect(asked).toMatchObject({ ok: { question: { ask: "confirm" } } });
    expect(await ask({ do: "answer", value: false })).toMatchObject({
      error: { code: "interrupted" },
    });
    const said = JSON.stringify([
      await command("verify", { subject: "ACME", passcode: RFC_CODES[0] }),
      await command("pin status", { name: "ACME" }),
      await command("doctor", { repair: false }),
    ]);
    expect(said).not.toContain(RFC_SECRET);
    expect(said).not.toContain(Buffer.from("12345678901234567890").toString("base64"));
    client.socket.destroy();
  });

  test("what adds tokens does not ask for the app PIN, and does what it does without an agent", {
    timeout: 240_000,
  }, async () => {
    const { fob, home, socket } = await unlocked();
    const alone = await guarded();
    const { path, said } = await recorded(home, socket);
    const held = { env: { FOB_AGENT_SOCK: path } };
    const both = async (args: string[], input = "") => {
      const one = await fob([...args, "--json"], { ...held, input });
      const other = await alone.fob([...args, "--json"], { ...APP, input });
      expect({ exitCode: one.exitCode, stderr: one.stderr }, args.join(" ")).toEqual({
        exitCode: other.exitCode,
        stderr: other.stderr,
      });
      expect(await stored(fob, held)).toEqual(await stored(alone.fob, APP));
      return one;
    };
    const before = said.length;
    expect(await both(["enroll", "-"], uri("Shop", RFC_SECRET))).toMatchObject({ exitCode: 0 });
    expect(said.length).toBeGreaterThan(before);
    expect((await fob(["code", "Shop"], held)).stdout).toBe(`${RFC_CODES[0]}\n`);
    expect((await alone.fob(["code", "Shop"], APP)).stdout).toBe(`${RFC_CODES[0]}\n`);
    expect(await both(["enroll", "-"], uri("Shop", RFC_SECRET))).toMatchObject({ exitCode: 2 });
    const two = [uri("Shop", OTHER), uri("Club", OTHER)].join("\n");
    expect(await both(["enroll", "-"], two)).toMatchObject({ exitCode: 2 });
    expect(await both(["enroll", "-", "--replace"], two)).toMatchObject({ exitCode: 0 });
    const [shop, club] = [await fob(["code", "Shop"], held), await fob(["code", "Club"], held)];
    expect([shop.stdout, club.stdout]).not.toContain(`${RFC_CODES[1]}\n`);
    await alone.fob(["code", "Shop"], APP);
    await alone.fob(["code", "Club"], APP);
    const list = join(home, "tokens.txt");
    writeFileSync(list, [uri("Pool", RFC_SECRET), uri("Shop", RFC_SECRET)].join("\n"));
    expect(await both(["import", list])).toMatchObject({
      exitCode: 2,
      stdout: expect.stringContaining("Pool"),
    });
    expect(await both(["import", list, "--keep-both"])).toMatchObject({ exitCode: 0 });
    const from = testHome();
    await from.fob(["enroll", "-"], {
      input: [uri("Safe", OTHER), HOTP_URI.replace("counter=0", "counter=7")].join("\n"),
    });
    const identity = await generateX25519Identity();
    const [keyFile, backup] = [join(home, "age.txt"), join(home, "tokens.age")];
    writeFileSync(keyFile, `${identity}\n`);
    await from.fob(["backup", backup, "--recipient", await identityToRecipient(identity)]);
    const restored = await both(["restore", backup, "--identity", keyFile]);
    expect(restored).toMatchObject({ exitCode: 0, stderr: expect.stringContaining("counter 7") });
    expect(JSON.parse(restored.stdout)).toMatchObject({ restored: ["Safe"], known: 1 });
    expect(await both(["access", "domain", "ACME"])).toMatchObject({ exitCode: 0 });
    expect(
      JSON.parse((await fob(["access", "domain", "ACME", "--json"], held)).stdout),
    ).toMatchObject({
      name: "ACME",
      accessDomain: "00",
    });
    const answers = said.join("");
    for (const secret of SECRETS) expect(answers.includes(secret)).toBe(false);
  });

  test("the PIN that an issuer demands is asked for through the client", {
    timeout: 120_000,
  }, async () => {
    const { fob } = await unlocked();
    expect(await fob(["enroll", "-", "--pin"], { input: uri("Shop", OTHER) })).toMatchObject({
      exitCode: 5,
      stderr: expect.stringMatching(/cannot ask here: .*Shop/),
    });
    expect((await fob(["list"])).stdout).not.toContain("Shop");
    expect(
      await fob(["enroll", "-", "--pin"], { ...TOKEN_PIN, input: uri("Shop", OTHER) }),
    ).toMatchObject({
      exitCode: 0,
    });
    expect(await fob(["code", "Shop"], TOKEN_PIN)).toMatchObject({ exitCode: 0 });
    expect(await fob(["code", "Shop"])).toMatchObject({ exitCode: 5 });
  });

  test("more tokens than one line can carry are added, all of them", {
    timeout: 240_000,
  }, async () => {
    const { fob } = await unlocked();
    const input = Array.from({ length: 500 }, (_, i) => uri(`Site${i}`, OTHER)).join("\n");
    expect(await fob(["enroll", "-"], { input })).toMatchObject({ exitCode: 0 });
    expect(JSON.parse((await fob(["list", "--json"])).stdout)).toHaveLength(503);
  });

  test.skipIf(process.platform === "win32")(
    "a signal stops what the agent adds, and nothing of it is stored",
    {
      timeout: 120_000,
    },
    async () => {
      const { fob, home, socket } = await unlocked();
      const { path, said } = await recorded(home, socket);
      const list = join(home, "tokens.txt");
      writeFileSync(
        list,
        Array.from({ length: 2_000 }, (_, i) => uri(`Site${i}`, OTHER)).join("\n"),
      );
      const env = {
        PATH: process.env["PATH"] ?? "",
        HOME: home,
        FOB_HOME: home,
        FOB_KEYCHAIN: "file",
      };
      const client = spawn(process.execPath, [FOB, "import", list], {
        env: { ...env, FOB_AGENT_SOCK: path },
        stdio: ["ignore", "ignore", "pipe"],
      });
      const stderr = text(client.stderr);
      const exit = once(client, "exit");
      await vi.waitUntil(() => said.join("").includes('"ask":"input"'), {
        timeout: 60_000,
        interval: 5,
      });
      client.kill("SIGINT");
      expect(await exit).toEqual([130, null]);
      expect(await stderr).not.toContain("unexpected");
      expect(JSON.parse((await fob(["list", "--json"])).stdout)).toHaveLength(3);
    },
  );

  test("its socket takes no token that no issuer could have given", async () => {
    const { fob, socket } = await unlocked();
    const client = await connectTo(socket);
    const ask = async (request: unknown) => JSON.parse(await client.ask(JSON.stringify(request)));
    const wishes = { pin: false, replace: false, keepBoth: false };
    const add = async (draft: unknown, by = "enroll") => {
      const begun = await ask({
        do: "command",
        name: "add",
        input: { by, ...wishes },
        interactive: false,
      });
      if (by !== "enroll") return begun;
      expect(begun).toEqual({ ok: { question: { ask: "input" } } });
      const first = await ask({ do: "answer", value: `${JSON.stringify(draft)}\n` });
      return "error" in first ? first : ask({ do: "answer", value: "" });
    };
    const credential = {
      kind: "totp",
      algorithm: "SHA1",
      digits: 6,
      alphabet: "decimal",
      period: 30,
      t0: 0,
    };
    const draft = {
      ...{
        name: "x",
        isChosen: false,
        issuer: null,
        account: null,
        serial: null,
        format: "key-uri",
        pin: null,
      },
      ...{
        credential,
        secret: Buffer.from("12345678901234567890").toString("base64"),
        past: null,
        chosen: null,
      },
    };
    const wrong = [
      { name: "" },
      { name: 1 },
      { secret: "" },
      { secret: "!" },
      { secret: Buffer.alloc(9_000).toString("base64") },
      { credential: { ...credential, digits: 3 } },
      { credential: { ...credential, digits: 11 } },
      { credential: { ...credential, period: 0 } },
      { credential: { ...credential, kind: "hotp", counter: String(2n ** 64n + 1n) } },
      { credential: { ...credential, kind: "__proto__" } },
      { pin: { type: "user", policy: { minLength: 9, maxLength: 1 } } },
      {
        past: {
          id: "../../x",
          accessDomain: "00",
          favorite: false,
          enrolledAt: "2026-01-01T00:00:00Z",
        },
      },
    ];
    for (const part of wrong)
      expect(await add({ ...draft, ...part }), JSON.stringify(part)).toMatchObject({
        error: { code: "usage" },
      });
    expect(await add(draft, "constructor")).toMatchObject({ error: { code: "usage" } });
    expect(JSON.parse((await fob(["list", "--json"])).stdout)).toHaveLength(3);
    const named = await add({ ...draft, name: "x\u202ey" });
    expect(named).toMatchObject({
      ok: { result: { stored: [{ index: 0, view: { name: "xy" } }] } },
    });
    client.socket.destroy();
  });

  test("what fails with one of several tokens is told", { timeout: 120_000 }, async () => {
    const { fob, home } = await unlocked();
    const { stdout } = await fob(["list", "--json"]);
    const [{ id }, { id: other }] = JSON.parse(stdout);
    writeFileSync(join(home, "vault", "removed"), "a file where a folder must be");
    const { exitCode, stderr } = await fob(["remove", id, other, "--yes"]);
    expect({ exitCode, isThere: existsSync(join(home, "vault", "tokens", id)) }).toEqual({
      exitCode: 6,
      isThere: true,
    });
    expect(stderr.match(/^fob: (ACME|Bank|GitHub).*: .*removed is damaged/gm)).toHaveLength(2);
    expect(stderr).not.toContain("undefined");
  });
});

describeWith({ tmux: "tmux" }, "at a terminal, while an agent holds the vault", () => {
  test("what it asks is asked there", { timeout: 120_000 }, async () => {
    const { home, fob } = await unlocked();
    const terminal = openTerminal(home);
    try {
      terminal.type("fob remove ACME", "Enter");
      expect(await terminal.see("Remove ACME?")).not.toContain("PIN");
      terminal.type("n", "Enter");
      await terminal.see("nothing was removed");
      terminal.type("clear; fob enroll", "Enter");
      await terminal.see("Enrollment string");
      terminal.type(uri("ACME", OTHER), "Enter");
      expect(await terminal.see("What now?")).not.toContain("PIN");
      terminal.type("Down");
      await terminal.see("❯ keep both");
      terminal.type("Enter");
      await terminal.see("What shall the new token be called?");
      terminal.type("second", "Enter");
      await terminal.see("enrolled second");
      terminal.type("clear; fob remove ACME", "Enter");
      await terminal.see("Remove ACME?");
      terminal.type("y", "Enter");
      await terminal.see("removed ACME");
      expect((await fob(["list"])).stdout).not.toMatch(/^ACME/m);
    } finally {
      terminal.close();
    }
  });
});
