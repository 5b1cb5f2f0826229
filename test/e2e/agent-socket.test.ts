import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { connectTo, hasEnded } from "../agent/agent.ts";
import { HOTP_URI, homesToLock, type TestHome, TOTP_URI, testHome } from "./fob.ts";

const locked = homesToLock();

async function enrolled(): Promise<TestHome> {
  const home = locked(testHome());
  await home.fob(["enroll", "-"], { input: [HOTP_URI, TOTP_URI].join("\n") });
  return home;
}

/** A folder of mode 0700 for sockets. */
function ownFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "fob-own-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A socket whose process has gone. */
function deadSocket(path: string): void {
  const script = `require("node:net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 9))`;
  spawnSync(process.execPath, ["-e", script]);
  expect(lstatSync(path).isSocket()).toBe(true);
}

describe("FOB_AGENT_SOCK", () => {
  const others: readonly [string, (path: string) => unknown][] = [
    ["a file", (path) => writeFileSync(path, "dear diary")],
    ["a folder", (path) => mkdirSync(path)],
    ["a FIFO", (path) => spawnSync("mkfifo", [path])],
    ["a link to nothing", (path) => symlinkSync("nowhere", path)],
    [
      "a link to a file",
      (path) => {
        writeFileSync(`${path}.txt`, "dear diary");
        symlinkSync(`${path}.txt`, path);
      },
    ],
    [
      "a link to a dead socket",
      (path) => {
        deadSocket(`${path}.sock`);
        symlinkSync(`${path}.sock`, path);
      },
    ],
  ];

  test.each(others)("that names %s is refused, and nothing is changed", async (_, make) => {
    const { fob } = await enrolled();
    const folder = ownFolder();
    const path = join(folder, "place");
    make(path);
    const before = snapshot(folder);
    for (const command of [["agent", "start"], ["unlock"]]) {
      expect(await fob(command, { env: { FOB_AGENT_SOCK: path } })).toMatchObject({
        exitCode: 8,
        stdout: "",
        stderr: expect.stringContaining(
          `cannot listen at ${path}: something else than a socket is there\nhint: `,
        ),
      });
    }
    expect(snapshot(folder)).toEqual(before);
    expect(await fob(["agent", "status"])).toMatchObject({ exitCode: 8 });
  });

  test("that names a socket on which somebody answers is refused, and that one goes on", async () => {
    const { fob } = await enrolled();
    const path = join(ownFolder(), "ssh-agent.sock");
    const other = createServer((client) =>
      client.on("error", () => undefined).end("mine\n"),
    ).listen(path);
    onTestFinished(() => void other.close());
    expect(await fob(["agent", "start"], { env: { FOB_AGENT_SOCK: path } })).toMatchObject({
      exitCode: 8,
      stderr: expect.stringContaining(`cannot listen at ${path}: the address is in use\nhint: `),
    });
    const client = await connectTo(path);
    expect(await client.ask("")).toBe("mine");
  });

  test("that names a dead socket is taken, with a name as long as a socket's may be", async () => {
    const { fob } = await enrolled();
    const folder = ownFolder();
    const path = join(folder, "x".repeat(103 - folder.length - 1));
    deadSocket(path);
    const env = { FOB_AGENT_SOCK: path };
    expect(await fob(["agent", "start", "--export"], { env })).toMatchObject({
      exitCode: 0,
      stdout: `export FOB_AGENT_SOCK='${path}'\n`,
    });
    expect(lstatSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual([path.slice(folder.length + 1)]);
    // whoever does not know the name finds it by the claim
    expect(JSON.parse((await fob(["agent", "status", "--json"])).stdout).socket).toBe(path);
    await fob(["lock"], { env });
    expect(readdirSync(folder)).toEqual([]);
  });

  test.each([
    ["nothing is there", () => undefined],
    ["a dead socket is there", deadSocket],
  ] as const)(
    "that eight homes have together is of one of them, when %s",
    async (_, make) => {
      const path = join(ownFolder(), "agent.sock");
      make(path);
      const env = { FOB_AGENT_SOCK: path };
      const all = await Promise.all(Array.from({ length: 8 }, enrolled));
      const starts = await Promise.all(all.map(({ fob }) => fob(["unlock", "--json"], { env })));
      const done = starts.filter(({ exitCode }) => exitCode === 0);
      expect(done.length).toBe(1);
      for (const { exitCode, stderr } of starts)
        if (exitCode !== 0)
          expect(stderr).toContain(`the agent cannot listen at ${path}: the address is in use`);
      const { pid, vault } = JSON.parse(done[0]?.stdout ?? "");
      const agent = await connectTo(path);
      expect(JSON.parse((await agent.ask("status")).slice(3))).toMatchObject({ pid, vault });
      agent.socket.destroy();
    },
    60_000,
  );

  test("that six starts of one home have together gives all the same agent", async () => {
    const home = await enrolled();
    const path = join(ownFolder(), "agent.sock");
    deadSocket(path);
    const env = { FOB_AGENT_SOCK: path };
    const starts = await Promise.all(
      Array.from({ length: 6 }, () => home.fob(["agent", "start", "--json"], { env })),
    );
    const { pid } = JSON.parse((await home.fob(["agent", "status", "--json"], { env })).stdout);
    expect(starts.map(({ stdout }) => JSON.parse(stdout).pid)).toEqual(starts.map(() => pid));
  });
});

test("an agent has a name of its own each time, and shells one that stays", async () => {
  const home = await enrolled();
  const env = { XDG_RUNTIME_DIR: ownFolder() };
  const start = async () =>
    JSON.parse((await home.fob(["unlock", "--json"], { env })).stdout).socket as string;
  const [first, second] = [await start(), await start()];
  expect(first).not.toBe(second);
  expect(first).toMatch(/\/fob\/[0-9a-f]{32}\.sock$/);
  const exported = (await home.fob(["agent", "start", "--export"], { env })).stdout;
  const [, link = ""] = /'(.*)'/.exec(exported) ?? [];
  expect(readdirSync(join(env.XDG_RUNTIME_DIR, "fob")).length).toBe(2);
  // a shell that has it exported starts the next one
  const third = JSON.parse(
    (await home.fob(["unlock", "--json"], { env: { ...env, FOB_AGENT_SOCK: link } })).stdout,
  ).socket;
  expect(third).not.toBe(second);
  const agent = await connectTo(link);
  expect(JSON.parse((await agent.ask("status")).slice(3)).socket).toBe(third);
  agent.socket.destroy();
  await home.fob(["lock"], { env });
  expect(readdirSync(join(env.XDG_RUNTIME_DIR, "fob"))).toEqual([]);
});

test("a socket that has another owner by now is not removed by the agent that ends", async () => {
  const home = await enrolled();
  const path = join(ownFolder(), "agent.sock");
  const { pid } = JSON.parse(
    (await home.fob(["unlock", "--json"], { env: { FOB_AGENT_SOCK: path } })).stdout,
  );
  linkSync(path, `${path}.old`);
  rmSync(path);
  writeFileSync(path, "dear diary");
  expect(await home.fob(["lock"])).toMatchObject({ exitCode: 0, stderr: "locked\n" });
  await expect.poll(() => hasEnded(pid)).toBe(true);
  expect(readFileSync(path, "utf8")).toBe("dear diary");
});

test.each(["SIGTERM", "lock"])(
  "an agent whose socket is gone or cannot be removed ends by %s all the same",
  async (how) => {
    const home = await enrolled();
    const folder = ownFolder();
    const path = join(folder, "agent.sock");
    const { pid } = JSON.parse(
      (await home.fob(["unlock", "--json"], { env: { FOB_AGENT_SOCK: path } })).stdout,
    );
    const agent = await connectTo(path);
    rmSync(path);
    // a folder is what even root cannot remove as a file
    mkdirSync(path);
    chmodSync(folder, 0o500);
    if (how === "lock") expect(await agent.ask("lock")).toBe("ok locked");
    else process.kill(pid, "SIGTERM");
    await expect.poll(() => hasEnded(pid)).toBe(true);
    chmodSync(folder, 0o700);
    expect(existsSync(path)).toBe(true);
    agent.socket.destroy();
  },
);

/** What is in a folder: names, kinds, times and contents. */
function snapshot(folder: string): unknown {
  return readdirSync(folder).map((name) => {
    const { ino, mode, mtimeMs, size } = lstatSync(join(folder, name));
    return { name, ino, mode, mtimeMs, size };
  });
}
