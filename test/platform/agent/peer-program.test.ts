import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { peerProgram, programOf } from "#platform/agent/peer-program.ts";
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

/** The connection of another process to a socket of this one. */
async function connected(): Promise<{ readonly socket: Socket; readonly pid: number | undefined }> {
  const folder = mkdtempSync(join(tmpdir(), "fob users:((-"));
  const server = createServer();
  const accepted = new Promise<Socket>((resolve) => server.once("connection", resolve));
  await new Promise<void>((resolve) => server.listen(join(folder, "s"), resolve));
  const child = spawn(process.execPath, ["-e", CLIENT, join(folder, "s")], { stdio: "ignore" });
  const socket = await accepted;
  onTestFinished(() => {
    child.kill();
    socket.destroy();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { socket, pid: child.pid };
}

test.runIf(IS_LINUX)(
  "the program at the other end of a connection is named, with its parents",
  async () => {
    const { socket, pid } = await connected();
    const peer = await peerProgram(socket, tmpdir());
    const node = realpathSync(process.execPath);
    expect(peer).toMatchObject({ pid, path: node, isOwnTerminal: false });
    expect(peer?.parents[0]).toBe(basename(node));
    expect(peer?.parents.length).toBeLessThanOrEqual(4);
  },
);

test.runIf(IS_LINUX)(
  "a program without a script of this installation is not taken for fob",
  async () => {
    const { socket } = await connected();
    expect(await peerProgram(socket, dirname(process.execPath))).toMatchObject({
      isOwnTerminal: false,
    });
  },
);

test("of a connection that has ended nobody is named", async () => {
  const { socket } = await connected();
  socket.destroy();
  expect(await peerProgram(socket, tmpdir())).toBeNull();
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
