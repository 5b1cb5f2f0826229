import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { askingForLife } from "#agent/client/asking-for-life.ts";
import { type Connection, connect } from "#agent/client/connection.ts";

/** A connection to somebody whose every word the test says, and the lines that it hears. */
async function connectionTo(): Promise<{
  connection: Connection;
  lines: string[];
  say(text: string): void;
  end(): void;
}> {
  const folder = mkdtempSync(join(tmpdir(), "fob-connection-"));
  const server = createServer();
  server.listen(join(folder, "s"));
  await once(server, "listening");
  const accepted = once(server, "connection") as Promise<[Socket]>;
  const connection = await connect(join(folder, "s"));
  const [socket] = await accepted;
  if (!connection) throw new Error("nobody listens");
  onTestFinished(() => {
    connection.end();
    server.close();
    rmSync(folder, { recursive: true });
  });
  const lines: string[] = [];
  socket
    .setEncoding("utf8")
    .on("data", (text: string) => lines.push(...text.split("\n").slice(0, -1)));
  return { connection, lines, say: (text) => void socket.write(text), end: () => socket.destroy() };
}

/** The tag in front of a line. */
function tagOf(line: string | undefined): string {
  return line?.slice(0, line.indexOf(" ") + 1) ?? "";
}

test("a request that is answered later holds up no other", async () => {
  const { connection, lines, say } = await connectionTo();
  const slow = connection.ask('{"do":"slow"}');
  const quick = connection.ask('{"do":"quick"}');
  await expect.poll(() => lines.length).toBe(2);
  say(`${tagOf(lines[1])}{"ok":"quick"}\n`);
  expect(await quick).toBe('{"ok":"quick"}');
  say(`${tagOf(lines[0])}{"ok":"slow"}\n`);
  expect(await slow).toBe('{"ok":"slow"}');
});

test("a request without an answer is given up alone, and its late answer is nobody else's", async () => {
  const { connection, lines, say } = await connectionTo();
  await expect(connection.ask('{"do":"slow"}', 20)).rejects.toMatchObject({
    code: "unavailable",
    message: "the agent does not answer",
  });
  expect(connection.isOpen).toBe(true);
  const next = connection.ask('{"do":"next"}');
  await expect.poll(() => lines.length).toBe(2);
  say(`${tagOf(lines[0])}{"ok":"late"}\n${tagOf(lines[1])}{"ok":"next"}\n`);
  expect(await next).toBe('{"ok":"next"}');
});

test("words are answered in their order, requests by their tag", async () => {
  const { connection, lines, say } = await connectionTo();
  const answers = Promise.all([
    connection.ask("one"),
    connection.ask('{"do":"list"}'),
    connection.ask("two"),
  ]);
  await expect.poll(() => lines.length).toBe(3);
  expect([lines[0], lines[2]]).toEqual(["one", "two"]);
  say(`ok 1\nok 2\n${tagOf(lines[1])}{"ok":[]}\n`);
  expect(await answers).toEqual(["ok 1", '{"ok":[]}', "ok 2"]);
});

test("an agent that goes away fails whatever waits", async () => {
  const { connection, lines, end } = await connectionTo();
  const asked = [connection.ask("one"), connection.ask('{"do":"list"}')];
  await expect.poll(() => lines.length).toBe(2);
  end();
  for (const one of asked)
    await expect(one).rejects.toMatchObject({ message: "the agent has gone" });
  expect(connection.isOpen).toBe(false);
});

test("an answer may take as long as the agent gives signs of life, and no longer", async () => {
  const { connection, lines, say } = await connectionTo();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
  onTestFinished(() => void vi.useRealTimers());
  const patience = 5_000;
  const slow = askingForLife(connection).ask('{"do":"slow"}', patience);
  const outcome = vi.fn();
  slow.catch(outcome);
  for (let signs = 1; signs <= 4; signs++) {
    vi.advanceTimersByTime(3_000);
    await vi.waitFor(() => expect(lines).toHaveLength(1 + 2 * signs - 1));
    say(`${tagOf(lines.at(-1))}{"error":{"code":"usage","message":"unknown","hint":null}}\n`);
    // what is said later is heard later
    const heard = connection.ask('{"do":"quick"}');
    await vi.waitFor(() => expect(lines).toHaveLength(1 + 2 * signs));
    say(`${tagOf(lines.at(-1))}{"ok":1}\n`);
    await heard;
  }
  expect(outcome).not.toHaveBeenCalled();
  vi.advanceTimersByTime(patience);
  await expect(slow).rejects.toMatchObject({ message: "the agent does not answer" });
});

test("an answer that comes in pieces is one answer", async () => {
  const { connection, lines, say } = await connectionTo();
  const answers = Promise.all([connection.ask("one"), connection.ask("two")]);
  await expect.poll(() => lines.length).toBe(2);
  const pieces = ["ok 1", "23\nok", " 4", "56\n"];
  for (const piece of pieces) {
    say(piece);
    // several turns of the event loop: the socket's other end has read it by then
    for (let turn = 0; turn < 20; turn++) await setImmediate();
  }
  expect(await answers).toEqual(["ok 123", "ok 456"]);
});

test.skipIf(process.platform !== "linux")(
  "a connection keeps its program running only while something is asked",
  async () => {
    const { connection, lines, say } = await connectionTo();
    const running = () =>
      process.getActiveResourcesInfo().filter((kind) => kind === "PipeWrap").length;
    for (const question of ["word", '{"do":"list"}']) {
      const answer = connection.ask(question);
      await expect.poll(() => lines.length).toBe(1);
      const busy = running();
      const tag = question.startsWith("{") ? tagOf(lines[0]) : "";
      say(`${tag}ok\n`);
      await answer;
      expect([question, running()]).toEqual([question, busy - 1]);
      lines.length = 0;
    }
  },
);

test("a tag that was answered, or never given, answers nothing", async () => {
  const { connection, lines, say } = await connectionTo();
  const asked = connection.ask('{"do":"list"}');
  const word = connection.ask("one");
  await expect.poll(() => lines.length).toBe(2);
  say(`#99 {"ok":"strange"}\n${tagOf(lines[0])}{"ok":1}\n${tagOf(lines[0])}{"ok":2}\nok 1\n`);
  expect([await asked, await word]).toEqual(['{"ok":1}', "ok 1"]);
});

test("nothing can be asked of a connection that has ended, and both sides know the end", async () => {
  const { connection } = await connectionTo();
  expect(connection.isOpen).toBe(true);
  connection.end();
  await connection.ended;
  expect(connection.isOpen).toBe(false);
  await expect(connection.ask("one")).rejects.toMatchObject({
    code: "unavailable",
    message: "the agent has gone",
    hint: "`fob lock` ends the agent, `fob unlock` starts one",
  });
});

test("nobody is at a place where nobody listens", async () => {
  expect(await connect(join(tmpdir(), "fob-nobody-listens-here"))).toBeNull();
});
