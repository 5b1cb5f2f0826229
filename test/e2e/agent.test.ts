import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { connectTo } from "../agent/agent.ts";
import { describeWith } from "../requires.ts";
import { makeOld, until } from "../waiting.ts";
import { HOTP_URI, homesToLock, RFC_CODES, type TestHome, TOTP_URI, testHome } from "./fob.ts";

const PIN = { env: { FOB_PIN: "83517" } };

const OCRA_URI =
  "otpauth://ocra/Bank:ann?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Bank&suite=OCRA-1%3AHOTP-SHA1-6%3AQN08";

const locked = homesToLock();

/** A home with tokens whose agent ends with the test. */
async function enrolled(...more: string[]): Promise<TestHome> {
  const home = locked(testHome());
  await home.fob(["enroll", "-"], { input: [HOTP_URI, TOTP_URI, OCRA_URI, ...more].join("\n") });
  return home;
}

async function status({ fob }: TestHome) {
  return JSON.parse((await fob(["agent", "status", "--json"])).stdout);
}

test("an unlocked vault needs no app PIN for passcodes, until it is locked", async () => {
  const home = await enrolled();
  const { fob } = home;
  await fob(["pin", "set"], PIN);
  expect(await fob(["code", "ACME"])).toMatchObject({ exitCode: 5 });
  expect(await fob(["unlock"])).toMatchObject({ exitCode: 5 });
  expect(await fob(["unlock"], { env: { FOB_PIN: "11112" } })).toMatchObject({ exitCode: 4 });
  expect(await fob(["unlock"], PIN)).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(
      /^unlocked until \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ, or 1 h after the last use\n$/,
    ),
  });
  expect(await fob(["code", "ACME"])).toMatchObject({ stdout: `${RFC_CODES[0]}\n`, stderr: "" });
  expect((await fob(["code", "acme", "--json"])).stdout).toContain('"counter": 1');
  expect((await fob(["challenge", "Bank", "00000000"])).stdout).toBe("237653\n");
  expect((await fob(["list"])).stdout).toContain("ACME");
  expect((await fob(["show", "ACME", "--json"])).stdout).toContain('"counter": 2');
  expect((await fob(["code", "Example", "--at", "@59"])).stdout).toBe("94287082\n");
  expect((await fob(["code", "--all"])).stdout).toMatch(/^\d{8}\tExample\n$/);
  expect(await fob(["code", "nobody"])).toMatchObject({
    exitCode: 3,
    stderr: 'fob: no token is called "nobody"\nhint: `fob list` shows the tokens\n',
  });
  // what hands out secrets opens it itself
  expect(await fob(["export"])).toMatchObject({ exitCode: 5 });
  expect(await fob(["lock"])).toMatchObject({ exitCode: 0, stdout: "", stderr: "locked\n" });
  expect(await fob(["code", "ACME"])).toMatchObject({ exitCode: 5 });
  expect(await fob(["lock"])).toMatchObject({ exitCode: 0, stderr: "nothing was unlocked\n" });
  expect(await fob(["agent", "status"])).toMatchObject({ exitCode: 8 });
});

test("a token's own PIN is asked for, and wrong ones are counted", async () => {
  const { fob } = await enrolled();
  await fob(["pin", "set", "ACME"], PIN);
  await fob(["unlock"]);
  expect(await fob(["code", "ACME"])).toMatchObject({ exitCode: 5 });
  expect(await fob(["code", "ACME"], { env: { FOB_PIN: "11112" } })).toMatchObject({
    exitCode: 4,
    stderr: "fob: wrong PIN for ACME (9 attempts left)\n",
  });
  expect((await fob(["code", "ACME"], PIN)).stdout).toBe(`${RFC_CODES[0]}\n`);
  expect((await fob(["pin", "status", "ACME", "--json"])).stdout).toContain('"attemptsLeft": 10');
});

test.each([
  ["a token PIN", ["ACME"]],
  ["the app PIN", []],
])("is not enough for access domain 02: %s must be given in the call", async (_, pinOf) => {
  const { fob } = await enrolled();
  await fob(["pin", "set", ...pinOf], PIN);
  await fob(["access", "domain", "ACME", "02"], PIN);
  await fob(["access", "domain", "Bank", "FF"], PIN);
  await fob(["unlock"], PIN);
  const agent = await connectTo((await status({ fob } as TestHome)).socket);
  expect(await agent.ask("code ACME")).toMatch(/^error locked /);
  expect(await agent.ask("challenge Bank 00000000")).toMatch(/^error denied Bank answers nobody/);
  agent.socket.destroy();
  expect(await fob(["code", "ACME"])).toMatchObject({ exitCode: 5, stdout: "" });
  expect((await fob(["code", "ACME"], PIN)).stdout).toBe(`${RFC_CODES[0]}\n`);
  expect(await fob(["challenge", "Bank", "00000000"], PIN)).toMatchObject({ exitCode: 4 });
});

test("sees at once what other processes change", async () => {
  const home = await enrolled();
  const { fob } = home;
  await fob(["unlock"]);
  const agent = await connectTo((await status(home)).socket);
  expect(await agent.ask("code ACME")).toBe(`ok ${RFC_CODES[0]}`);
  // long enough ago for the agent to keep what it reads
  const vault = join(home.home, "vault");
  for (const name of readdirSync(vault, { recursive: true, encoding: "utf8" }))
    makeOld(join(vault, name));
  expect(await agent.ask('{"do":"look","name":"ACME"}')).toContain('"counter":"1"');
  expect(await agent.ask("code Example")).toMatch(/^ok \d{8}$/);
  await fob(["resync", "ACME", RFC_CODES[5] ?? "", RFC_CODES[6] ?? ""]);
  expect(await agent.ask("code ACME")).toBe(`ok ${RFC_CODES[7]}`);
  await fob(["rename", "Example", "Renamed"]);
  expect(await agent.ask('{"do":"find","name":"Example"}')).toBe('{"ok":null}');
  expect(await agent.ask("code Renamed")).toMatch(/^ok \d{8}$/);
  await fob(["access", "domain", "Renamed", "FF"]);
  expect(await agent.ask("code Renamed")).toMatch(/^error denied/);
  await fob(["remove", "Renamed", "--yes"]);
  expect(await agent.ask("code Renamed")).toMatch(/^error not-found/);
  agent.socket.destroy();
});

test("is one for a vault, however many are started at once", async () => {
  const home = await enrolled();
  const starts = await Promise.all(
    Array.from({ length: 6 }, () => home.fob(["agent", "start", "--json"])),
  );
  const { pid } = await status(home);
  expect(starts.map(({ stdout }) => JSON.parse(stdout).pid)).toEqual(starts.map(() => pid));
  // and one that is there goes on
  expect(JSON.parse((await home.fob(["agent", "start", "--json"])).stdout).pid).toBe(pid);
});

test("that has crashed is replaced, its socket and all", async () => {
  const home = await enrolled();
  await home.fob(["unlock"]);
  const { pid, socket } = await status(home);
  process.kill(pid, "SIGKILL");
  expect(existsSync(socket)).toBe(true);
  expect((await home.fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[0]}\n`);
  expect(await home.fob(["agent", "status"])).toMatchObject({ exitCode: 8 });
  expect(await home.fob(["unlock"])).toMatchObject({ exitCode: 0 });
  expect((await status(home)).pid).not.toBe(pid);
});

test("unlock begins the time anew, with another agent", async () => {
  const home = await enrolled();
  await home.fob(["unlock", "--for", "10m"]);
  const first = await status(home);
  await home.fob(["unlock", "--for", "2h", "--idle", "90s"]);
  const second = await status(home);
  expect(second.pid).not.toBe(first.pid);
  expect(second.idleSeconds).toBe(90);
  expect(Date.parse(second.endsAt) - Date.parse(second.unlockedAt)).toBe(7_200_000);
});

test.each([
  ["idle", ["--idle", "1s"]],
  ["absolute", ["--for", "1s"]],
])("locks by itself after its %s time", async (_, options) => {
  const home = await enrolled();
  await home.fob(["unlock", ...options]);
  const { pid, socket } = await status(home);
  await ended(pid);
  expect(existsSync(socket)).toBe(false);
});

test.each(["SIGTERM", "SIGINT", "SIGQUIT"] as const)("locks on %s", async (signal) => {
  const home = await enrolled();
  await home.fob(["unlock"]);
  const { pid, socket } = await status(home);
  process.kill(pid, signal);
  await ended(pid);
  expect(existsSync(socket)).toBe(false);
});

test("keeps to itself: socket, environment, arguments, core dumps and debugger", async () => {
  const home = await enrolled();
  await home.fob(["pin", "set"], PIN);
  await home.fob(["unlock"], {
    env: { ...PIN.env, NODE_OPTIONS: "--no-warnings --use-openssl-ca" },
  });
  const { pid, socket } = await status(home);
  expect(statSync(socket).mode & 0o777).toBe(0o600);
  expect(statSync(dirname(socket)).mode & 0o777).toBe(0o700);
  const proc = (name: string) =>
    readFileSync(`/proc/${pid}/${name}`, "utf8").replaceAll("\0", "\n");
  expect(proc("environ")).not.toMatch(/FOB_|83517/);
  // whom it trusts, and nothing else that Node can be told
  expect(proc("environ")).toMatch(/^NODE_OPTIONS=--use-openssl-ca$/m);
  expect(proc("cmdline")).toMatch(/serve-agent\.cjs\n$/);
  expect(proc("limits")).toMatch(/^Max core file size\s+0\s+0/m);
  process.kill(pid, "SIGUSR1");
  await openDebugger();
  expect((await status(home)).pid).toBe(pid);
  expect(listeningAt(pid)).toEqual([]);
});

test("a lock is certain, even of an agent that hangs", async () => {
  const home = await enrolled();
  await home.fob(["unlock"]);
  const { pid } = await status(home);
  process.kill(pid, "SIGSTOP");
  expect(await home.fob(["lock"])).toMatchObject({ exitCode: 0, stderr: "locked\n" });
  await ended(pid);
});

test("a socket that somebody else could have made is not spoken to", async () => {
  const home = await enrolled();
  const folder = join(home.home, "open");
  const socket = join(folder, "agent.sock");
  const heard: string[] = [];
  mkdirSync(folder);
  chmodSync(folder, 0o777);
  const impostor = createServer((client) =>
    client.on("data", (bytes) => heard.push(String(bytes))),
  ).listen(socket);
  onTestFinished(() => void impostor.close());
  const env = { FOB_AGENT_SOCK: socket };
  expect((await home.fob(["code", "Bank"], { env })).exitCode).toBe(2);
  expect((await home.fob(["show", "ACME"], { env })).exitCode).toBe(0);
  expect(heard).toEqual([]);
  rmSync(socket, { force: true });
  expect(await home.fob(["unlock"], { env })).toMatchObject({
    exitCode: 8,
    stderr: expect.stringContaining("not a folder that only you can reach"),
  });
});

test("a place where nothing can listen is named", async () => {
  const { home, fob } = await enrolled();
  const folder = join(home, "x".repeat(120));
  mkdirSync(folder, { mode: 0o700 });
  expect(
    await fob(["unlock"], { env: { FOB_AGENT_SOCK: join(folder, "agent.sock") } }),
  ).toMatchObject({
    exitCode: 8,
    stderr: expect.stringMatching(
      /agent\.sock is too long for the name of a socket\nhint: FOB_AGENT_SOCK/,
    ),
  });
});

test("an agent of another home answers for its own vault alone", async () => {
  const [one, other] = [await enrolled(), await enrolled()];
  await one.fob(["unlock"]);
  const { socket, pid } = await status(one);
  expect((await other.fob(["code", "ACME"], { env: { FOB_AGENT_SOCK: socket } })).stdout).toBe(
    `${RFC_CODES[0]}\n`,
  );
  expect(await other.fob(["agent", "status"], { env: { FOB_AGENT_SOCK: socket } })).toMatchObject({
    exitCode: 8,
  });
  expect((await one.fob(["show", "ACME", "--json"])).stdout).toContain('"counter": 0');
  expect((await status(one)).pid).toBe(pid);
});

test("an agent does not answer for a copy of its home", async () => {
  const [original, copy] = [await enrolled(), testHome()];
  await original.fob(["pin", "set"], PIN);
  await original.fob(["unlock"], PIN);
  cpSync(original.home, copy.home, { recursive: true });
  for (const name of ["ACME", "acm"])
    expect(await copy.fob(["code", name])).toMatchObject({ exitCode: 5, stdout: "" });
  expect((await copy.fob(["__complete", "names"])).stdout).toBe("");
  expect((await original.fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[0]}\n`);
});

test("--export is a line that a shell evaluates", async () => {
  const { fob } = await enrolled();
  const { stdout } = await fob(["agent", "start", "--export"]);
  expect(stdout).toMatch(/^export FOB_AGENT_SOCK='\/[^']+\.sock'\n$/);
});

test.each([
  ["--for", "8"],
  ["--for", "31d"],
  ["--idle", "0s"],
  ["--idle", "-1h"],
])("%s %s is no duration", async (option, value) => {
  const { fob } = await enrolled();
  expect(await fob(["unlock", option, value])).toMatchObject({ exitCode: 2, stdout: "" });
});

test("a grant is no key to the agent, and goes before it", async () => {
  const { fob } = await enrolled();
  const grant = (await fob(["access", "grant", "ci", "--token", "ACME"])).stdout.trim();
  await fob(["unlock"]);
  const env = { FOB_GRANT: grant };
  expect((await fob(["code", "ACME"], { env })).stdout).toBe(`${RFC_CODES[0]}\n`);
  expect(await fob(["code", "Example"], { env })).toMatchObject({ exitCode: 4 });
  expect(await fob(["unlock"], { env })).toMatchObject({ exitCode: 4 });
});

describeWith({ nc: "netcat-openbsd", go: "golang-go", python3: "python3" }, "docs/agent.md", () => {
  const docs = readFileSync(new URL("../../docs/agent.md", import.meta.url), "utf8");

  test.each([
    ["sh", (file: string) => ["sh", file]],
    ["python", (file: string) => ["python3", file]],
    ["go", (file: string) => ["go", "run", file]],
  ])("its snippet in %s prints a passcode", async (language, command) => {
    const home = await enrolled(TOTP_URI.replaceAll("Example", "vpn"));
    await home.fob(["unlock"]);
    const { socket } = await status(home);
    const [, snippet = ""] = new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "s").exec(docs) ?? [];
    const file = join(home.home, `snippet.${language}`);
    writeFileSync(file, snippet);
    const env = {
      ...process.env,
      FOB_AGENT_SOCK: socket,
      GOCACHE: join(home.home, "go"),
      GO111MODULE: "off",
    };
    expect(await output(command(file), env)).toMatch(
      language === "sh" ? /^ok \d{8}\n$/ : /^\d{8}\n$/,
    );
  });
});

/** Has a process of ours open its debugger, which the agent could have done by then. */
async function openDebugger(): Promise<void> {
  const script = "process.stdin.resume(); console.log()";
  const child = spawn(process.execPath, ["--inspect-port=0", "-e", script]);
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
  child.kill("SIGUSR1");
  let said = "";
  for await (const text of child.stderr) {
    said += text;
    if (said.includes("Debugger listening on")) return;
  }
  throw new Error(`no debugger: ${said}`);
}

/** The TCP sockets at which a process listens, by their inodes (proc(5); state 0A is LISTEN). */
function listeningAt(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  const own = readdirSync(folder).map((fd) => {
    const [, inode] = /^socket:\[(\d+)\]$/.exec(linkOf(join(folder, fd))) ?? [];
    return inode;
  });
  const rows = ["tcp", "tcp6"].flatMap((file) =>
    readFileSync(`/proc/${pid}/net/${file}`, "utf8").trim().split("\n").slice(1),
  );
  return rows
    .map((row) => row.trim().split(/ +/))
    .filter(([, , , state]) => state === "0A")
    .flatMap((fields) => fields[9] ?? [])
    .filter((inode) => own.includes(inode));
}

/** Where a link points to; empty for a descriptor that was closed meanwhile. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}

function ended(pid: number): Promise<void> {
  return until(`process ${pid} has ended`, () => !existsSync(`/proc/${pid}`));
}

function output([command = "", ...args]: string[], env: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (bytes) => {
    text += bytes;
  });
  return new Promise((resolve) => child.once("close", () => resolve(text)));
}
