import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectTo } from "../agent/agent.ts";
import { until } from "../waiting.ts";
import { HOTP_URI, RFC_CODES, type TestHome, TOTP_URI, testHome } from "./fob.ts";

let home: TestHome;
let remove: () => void;
let socket: string;
let pid: number;
let runtime: string;

beforeAll(async () => {
  runtime = mkdtempSync(join(tmpdir(), "fob-run-"));
  home = testHome((done) => {
    remove = done;
  });
  await home.fob(["enroll", "-"], { input: `${HOTP_URI}\n${TOTP_URI}` });
  const unlocked = await home.fob(["unlock", "--json"], { env: { XDG_RUNTIME_DIR: runtime } });
  ({ socket, pid } = JSON.parse(unlocked.stdout));
});

afterAll(async () => {
  await home.fob(["lock"]);
  remove();
  rmSync(runtime, { recursive: true, force: true });
});

function memory(): number {
  return (
    Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024
  );
}

test("listens in the session's folder", () => {
  expect(socket.startsWith(`${runtime}/fob/`)).toBe(true);
});

test("answers many lines in their order", async () => {
  const agent = await connectTo(socket);
  const replies = await Promise.all(
    ["code ACME", "code nobody", "code ACME", "", "code  ACME  ", "CODE ACME"].map((line) =>
      agent.ask(line),
    ),
  );
  expect(replies).toEqual([
    `ok ${RFC_CODES[0]}`,
    'error not-found no token is called "nobody"',
    `ok ${RFC_CODES[1]}`,
    expect.stringMatching(/^error usage the request is none of/),
    `ok ${RFC_CODES[2]}`,
    expect.stringMatching(/^error usage/),
  ]);
  agent.socket.destroy();
});

test.each([
  ["{", "the request is not JSON"],
  ["{}", 'the request has a wrong \\"do\\"'],
  ['{"do":"code"}', 'the request has a wrong \\"name\\"'],
  ['{"do":"code","name":"ACME","pin":5839201}', 'the request has a wrong \\"pin\\"'],
  ['{"do":"code","name":"ACME","at":"tomorrow"}', 'the request has a wrong \\"at\\"'],
])("refuses %s and repeats nothing of it", async (line, message) => {
  const agent = await connectTo(socket);
  const reply = await agent.ask(line);
  expect(reply).toBe(`{"error":{"code":"usage","message":"${message}","hint":null}}`);
  agent.socket.destroy();
});

test("a client for another vault gets nothing more", async () => {
  const agent = await connectTo(socket);
  expect(await agent.ask("vault 00")).toBe("error unavailable this agent holds another vault");
  expect(await agent.ask("code ACME")).toBe("error unavailable this agent holds another vault");
  expect(await agent.ask('{"do":"list"}')).toContain('"unavailable"');
  agent.socket.destroy();
});

test("1,000 idle clients and a thousand half lines keep nobody waiting", async () => {
  const idle = await Promise.all(Array.from({ length: 1_000 }, () => connectTo(socket)));
  for (const client of idle) client.socket.write("code Exampl");
  const agent = await connectTo(socket);
  for (let count = 0; count < 100; count++)
    expect(await agent.ask("code Example")).toMatch(/^ok \d{8}$/);
  for (const client of [...idle, agent]) client.socket.destroy();
});

test("a line of 100 MB ends its own connection, and takes no memory", async () => {
  const before = memory();
  const hostile = await connectTo(socket);
  const closed = new Promise((resolve) => hostile.socket.once("close", resolve));
  hostile.socket.on("error", () => undefined);
  const megabyte = Buffer.alloc(1024 * 1024, "x");
  for (let sent = 0; sent < 100 && !hostile.socket.destroyed; sent++) {
    const drained = new Promise((resolve) => hostile.socket.once("drain", resolve));
    if (!hostile.socket.write(megabyte)) await Promise.race([closed, drained]);
  }
  await closed;
  const agent = await connectTo(socket);
  expect(await agent.ask("code Example")).toMatch(/^ok/);
  agent.socket.destroy();
  expect(memory() - before).toBeLessThan(40);
});

test("a client that does not read its replies is not read from", async () => {
  const before = memory();
  const deaf = await connectTo(socket);
  deaf.socket.on("error", () => undefined);
  deaf.socket.pause();
  const lines = Buffer.from("list\n".repeat(1_000));
  for (let sent = 0; sent < 400; sent++) deaf.socket.write(lines);
  const agent = await connectTo(socket);
  // in every turn of this client 32 lines of the deaf one would be read
  await until("nothing more is read", async () => {
    const before = deaf.socket.writableLength;
    for (let turns = 0; turns < 2_000; turns++)
      expect(await agent.ask("code Example")).toMatch(/^ok/);
    return deaf.socket.writableLength === before;
  });
  expect(deaf.socket.writableLength).toBeGreaterThan(0);
  agent.socket.destroy();
  deaf.socket.destroy();
  expect(memory() - before).toBeLessThan(60);
});

test("a client that sends a million lines does not hold up another", async () => {
  const greedy = await connectTo(socket);
  greedy.socket.on("error", () => undefined);
  greedy.socket.on("data", () => undefined);
  greedy.socket.write("code Example\n".repeat(200_000));
  const agent = await connectTo(socket);
  for (let count = 0; count < 20; count++) expect(await agent.ask("code Example")).toMatch(/^ok/);
  expect(greedy.socket.bytesRead).toBeLessThan(200_000 * "ok 12345678\n".length);
  greedy.socket.destroy();
  agent.socket.destroy();
});
