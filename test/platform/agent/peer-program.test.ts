import { spawn } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { peerProgram } from "#platform/agent/peer-program.ts";

const IS_LINUX = process.platform === "linux";

const CLIENT = `require("node:net").connect(process.argv[1]).on("data", () => undefined);`;

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
