import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { listen } from "#agent/server/server.ts";
import { connectTo } from "../agent.ts";

/** A server of this test, at a path of its own, and which clients have left. */
async function listening() {
  const folder = mkdtempSync(join(tmpdir(), "fob-server-"));
  const path = join(folder, "s");
  const left: number[] = [];
  let clients = 0;
  const newClient = () => {
    const number = ++clients;
    return { answer: () => `client ${number}`, leave: () => void left.push(number) };
  };
  const server = await listen({ path }, newClient);
  onTestFinished(() => {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { server, path, left, newClient };
}

test("each client is another one, and is known to have left", async () => {
  const { path, left } = await listening();
  const [one, two] = [await connectTo(path), await connectTo(path)];
  const answers = await Promise.all([one.ask("?"), two.ask("?"), one.ask("?")]);
  expect(answers).toEqual(["client 1", "client 2", "client 1"]);
  two.socket.destroy();
  await expect.poll(() => new Set(left)).toEqual(new Set([2]));
  one.socket.destroy();
  await expect.poll(() => new Set(left)).toEqual(new Set([1, 2]));
});

test("a place that is taken is refused, and whoever is there goes on", async () => {
  const { path, newClient } = await listening();
  await expect(listen({ path }, newClient)).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringMatching(/^the agent cannot listen: .*EADDRINUSE/),
  });
  const { socket, ask } = await connectTo(path);
  expect(await ask("?")).toBe("client 1");
  socket.destroy();
});

test("a client that ends its side first hears its answer", async () => {
  const { path } = await listening();
  const { socket } = await connectTo(path);
  const heard: string[] = [];
  socket.on("data", (text: string) => heard.push(text));
  socket.end("?");
  await once(socket, "close");
  expect(heard.join("")).toBe("client 1\n");
});

test("trouble with a new client ends nothing", async () => {
  const { server, path } = await listening();
  server.emit("error", Object.assign(new Error("EMFILE"), { code: "EMFILE" }));
  const { socket, ask } = await connectTo(path);
  expect(await ask("?")).toBe("client 1");
  socket.destroy();
});
