import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { peerFinder, programOf } from "#platform/agent/peer-program.ts";
import { describeWith } from "../../requires.ts";

const IS_LINUX = process.platform === "linux";

const CLIENT = `require("node:net").connect(process.argv[1]).on("data", () => undefined);`;

/** Runs a program at a terminal of its own, and prints its PID when it has shown something. */
const AT_TERMINAL = `
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0: os.execv(sys.argv[1], sys.argv[1:])
os.read(terminal, 1)
print(pid, flush=True)
sys.stdin.read()
`;

/** What a program of Node does at a terminal. */
const STAY = 'console.log("here"); process.stdin.resume();';

/** A socket of this process, and the first connection to it. */
async function listening() {
  const folder = mkdtempSync(join(tmpdir(), "fob users:((-"));
  const server = createServer();
  const accepted = new Promise<Socket>((resolve) => server.once("connection", resolve));
  const path = join(folder, "s");
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(async () => {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { path, server, accepted };
}

/** The connection of another process to a socket of this one. */
async function connected(): Promise<{ readonly socket: Socket; readonly pid: number | undefined }> {
  const { path, accepted } = await listening();
  const child = spawn(process.execPath, ["-e", CLIENT, path], { stdio: "ignore" });
  const socket = await accepted;
  onTestFinished(() => {
    child.kill();
    socket.destroy();
  });
  return { socket, pid: child.pid };
}

test.runIf(IS_LINUX)(
  "the program at the other end of a connection is named, with its parents",
  async () => {
    const { socket, pid } = await connected();
    const peer = await peerFinder(tmpdir())(socket);
    const node = realpathSync(process.execPath);
    expect(peer).toMatchObject({ pid, path: node, isOwnTerminal: false });
    expect(peer?.parents[0]).toMatch(new RegExp(`^${basename(node)} `));
    expect(peer?.parents.length).toBeLessThanOrEqual(4);
  },
);

test.runIf(IS_LINUX)(
  "a program without a script of this installation is not taken for fob",
  async () => {
    const { socket } = await connected();
    expect(await peerFinder(dirname(process.execPath))(socket)).toMatchObject({
      isOwnTerminal: false,
    });
  },
);

test("of a connection that has ended nobody is named", async () => {
  const { socket } = await connected();
  socket.destroy();
  expect(await peerFinder(tmpdir())(socket)).toBeNull();
});

/**
 * Connects to the socket of its argument from an own socket whose name imitates a row about the
 * first inode of a line that it reads, under a name that imitates the end of a row.
 */
const ODD_CLIENT = `
import ctypes, os, socket, sys
ctypes.CDLL(None).prctl(15, b'a"),pid=1\\n', 0, 0, 0)
client = socket.socket(socket.AF_UNIX)
client.bind(sys.argv[1] + '"\\n')
client.connect(sys.argv[1])
print(os.getpid(), flush=True)
sys.stdin.read()
`;

describeWith({ python3: "python3" }, "a program with an odd name", () => {
  test("that has quotation marks and line breaks is named like any other", async () => {
    const { path, accepted } = await listening();
    const child = spawn("python3", ["-c", ODD_CLIENT, path], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    const [pid] = await once(child.stdout.setEncoding("utf8"), "data");
    const peer = await peerFinder(tmpdir())(await accepted);
    expect(peer).toMatchObject({ pid: Number(pid), path: expect.stringMatching(/python3/) });
  });
});

/** Connects twice, from processes of its own that end at once. */
const LOOP = `#!/bin/sh
for i in 1 2; do (python3 -c "$2" "$1"; true); done
`;

const SHORT = `
import socket, sys
client = socket.socket(socket.AF_UNIX)
client.connect(sys.argv[1])
client.recv(1)
`;

describeWith({ python3: "python3" }, "a loop of short processes", () => {
  test("is one program, and another script that runs the same is another one", async () => {
    const folder = mkdtempSync(join(tmpdir(), "fob-loop-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const { path, server } = await listening();
    const find = peerFinder(tmpdir());
    const keysOf = (name: string) =>
      new Promise<(string | undefined)[]>((resolve) => {
        const script = join(folder, name);
        writeFileSync(script, LOOP);
        const keys: (string | undefined)[] = [];
        server.removeAllListeners("connection");
        server.on("connection", async (socket) => {
          const peer = await find(socket);
          expect(peer?.parents[0]).toMatch(new RegExp(`sh ${name}$`));
          keys.push(peer?.key);
          socket.end();
          if (keys.length === 2) resolve(keys);
        });
        spawn("sh", [script, path, SHORT], { stdio: "ignore" });
      });
    const [first, again] = await keysOf("one.sh");
    expect(first).toBeDefined();
    expect(again).toBe(first);
    const [other] = await keysOf("two.sh");
    expect(other).not.toBe(first);
  });
});

test.runIf(process.platform === "linux").each([
  ["the value of an option is none", ["--rcfile", "rc", "-i"], null],
  ["behind such an option", ["--rcfile", "rc", "script"], "script"],
])("the script of a shell: %s", async (_, args, script) => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "fob-shell-")));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of ["rc", "script"]) writeFileSync(join(folder, name), "echo; read line\n");
  const child = spawn("bash", args, { cwd: folder, stdio: ["pipe", "pipe", "ignore"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
  expect(programOf(child.pid ?? 0, tmpdir())).toMatchObject({
    script: script && join(folder, script),
  });
});

/** What is known of a process of Node at a terminal, whose own folder is `folder`. */
async function atTerminal(folder: string, args: readonly string[]) {
  const command = ["-c", AT_TERMINAL, process.execPath, ...args];
  const child = spawn("python3", command, { stdio: ["pipe", "pipe", "inherit"] });
  const [pid] = await once(child.stdout.setEncoding("utf8"), "data");
  onTestFinished(() => {
    process.kill(Number(pid), "SIGKILL");
    child.kill();
  });
  return programOf(Number(pid), folder);
}

describeWith({ python3: "python3" }, "a program of Node at a terminal", () => {
  test.each([
    ["code on the command line", ["-e", STAY]],
    ["an option and code", ["--no-warnings", "-e", STAY]],
    ["code that is no path", [`--eval=${STAY}`, "/nowhere"]],
  ])("is another program, and named: %s", async (_, args) => {
    const node = realpathSync(process.execPath);
    expect(await atTerminal(tmpdir(), args)).toMatchObject({ path: node, isOwnTerminal: false });
  });

  test("is fob itself where it runs a script of this installation", async () => {
    const folder = mkdtempSync(join(tmpdir(), "fob-peer-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const script = join(folder, "fob.cjs");
    writeFileSync(script, STAY);
    expect(await atTerminal(folder, [script])).toMatchObject({ isOwnTerminal: true });
  });
});
