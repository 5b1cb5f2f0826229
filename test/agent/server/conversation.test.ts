import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { MAX_LINE } from "#agent/protocol/protocol.ts";
import { type Answer, converse } from "#agent/server/conversation.ts";
import { connectTo } from "../agent.ts";

/** A client of a server that answers lines by `answer`; what it hears, line by line. */
async function conversation(answer: Answer) {
  const folder = mkdtempSync(join(tmpdir(), "fob-lines-"));
  const gone = { left: 0, closed: 0 };
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.once("close", () => void gone.closed++);
    converse(socket, { answer, leave: () => void gone.left++ });
  });
  server.listen(join(folder, "s"));
  await once(server, "listening");
  const { socket } = await connectTo(join(folder, "s"));
  onTestFinished(() => {
    socket.destroy();
    server.close();
    rmSync(folder, { recursive: true });
  });
  let heard = "";
  socket.on("data", (text: string) => {
    heard += text;
  });
  return { socket, gone, path: join(folder, "s"), heard: () => heard.split("\n").slice(0, -1) };
}

/** Answers `slow N` when the test says so, everything else at once. */
function slowAnswers() {
  const waiting = new Map<string, (reply: string) => void>();
  const answer: Answer = (line) =>
    line.includes("slow") ? new Promise((resolve) => waiting.set(line, resolve)) : `to ${line}`;
  return { waiting, answer, finish: (line: string) => waiting.get(line)?.(`to ${line}`) };
}

test("lines with a tag are answered as their answers come, and none is held back for another", async () => {
  const { answer, finish, waiting } = slowAnswers();
  const { socket, heard } = await conversation(answer);
  socket.write("a\n#1 slow\n#2 slow\nb\n#3 quick\n");
  await expect.poll(heard).toEqual(["to a", "to b", "to #3 quick"]);
  finish("#2 slow");
  await expect.poll(heard).toEqual(["to a", "to b", "to #3 quick", "to #2 slow"]);
  expect(waiting.size).toBe(2);
  finish("#1 slow");
  await expect.poll(() => heard().at(-1)).toBe("to #1 slow");
});

test("what was answered before a line without a tag is sent while that one waits, and what comes after waits", async () => {
  const { answer, finish } = slowAnswers();
  const { socket, heard } = await conversation(answer);
  socket.write("a\nslow\nb\n");
  await expect.poll(heard).toEqual(["to a"]);
  finish("slow");
  await expect.poll(heard).toEqual(["to a", "to slow", "to b"]);
});

test("no more than 32 lines of a client wait for their answers", async () => {
  const { answer, finish, waiting } = slowAnswers();
  const { socket, heard } = await conversation(answer);
  for (let tag = 0; tag < 100; tag++) socket.write(`#${tag} slow\n`);
  await expect.poll(() => waiting.size).toBe(32);
  for (let tag = 0; tag < 100; tag++) {
    await expect.poll(() => waiting.has(`#${tag} slow`)).toBe(true);
    expect(waiting.size).toBeLessThanOrEqual(tag + 32);
    finish(`#${tag} slow`);
  }
  await expect.poll(() => heard().length).toBe(100);
});

test("a client that has said its last word still hears every answer", async () => {
  const { answer, finish, waiting } = slowAnswers();
  const { socket, heard } = await conversation(answer);
  socket.end("#1 slow\n#2 slow\nlast");
  await expect.poll(() => waiting.size).toBe(2);
  finish("#2 slow");
  finish("#1 slow");
  await once(socket, "end");
  expect(heard().sort()).toEqual(["to #1 slow", "to #2 slow", "to last"]);
});

test("a last line without its end is answered before the conversation ends, however long that takes", async () => {
  const { answer, finish, waiting } = slowAnswers();
  const { socket, heard, gone } = await conversation(answer);
  socket.end("a\nslow");
  await expect.poll(() => waiting.size).toBe(1);
  // it says nothing more, which its handler is told at once
  await expect.poll(() => gone.left).toBe(1);
  finish("slow");
  await once(socket, "end");
  expect(heard()).toEqual(["to a", "to slow"]);
});

test("a client that says nothing at all hears nothing", async () => {
  const asked: string[] = [];
  const { socket, heard } = await conversation((line) => {
    asked.push(line);
    return "";
  });
  socket.end();
  await once(socket, "end");
  expect([heard(), asked]).toEqual([[], []]);
});

test("an empty line is a line", async () => {
  const { socket, heard } = await conversation((line) => `to ${line}`);
  socket.write("\n\na\n");
  await expect.poll(heard).toEqual(["to ", "to ", "to a"]);
});

test("a line that comes in pieces is one line", async () => {
  const { socket, heard } = await conversation((line) => `to ${line}`);
  socket.write("a\non");
  await expect.poll(heard).toEqual(["to a"]);
  socket.write("e\ntw");
  await expect.poll(heard).toEqual(["to a", "to one"]);
  socket.write("o\n");
  await expect.poll(heard).toEqual(["to a", "to one", "to two"]);
});

test("a line of 65,536 characters is answered, and of one more, complete as it is, refused alone", async () => {
  const { socket, heard } = await conversation((line) => String(line.length));
  socket.write(`${"x".repeat(MAX_LINE)}\n`);
  await expect.poll(heard).toEqual(["65536"]);
  socket.write(`${"x".repeat(MAX_LINE)}`);
  socket.write("\nb\n");
  await expect.poll(heard).toEqual(["65536", "65536", "1"]);
  socket.write(`a\n${"x".repeat(MAX_LINE + 1)}\nb\n`);
  const told = "error usage the line is too long";
  await expect.poll(() => heard().slice(3)).toContain(told);
  expect(
    heard()
      .slice(3)
      .filter((line) => /^\d+$/.test(line)),
  ).not.toContain("65537");
});

test("a client whose line has no end is sent away, though it does not go by itself", async () => {
  const { path, gone } = await conversation((line) => String(line.length));
  const socket = createConnection({ path, allowHalfOpen: true }).setEncoding("utf8");
  onTestFinished(() => void socket.destroy());
  let heard = "";
  socket.on("data", (text) => {
    heard += text;
  });
  // whoever is sent away may be writing still
  socket.on("error", () => undefined);
  socket.write("x".repeat(MAX_LINE + 1));
  await expect.poll(() => gone.closed).toBe(1);
  await expect.poll(() => heard).toBe("error usage the line is too long\n");
});

test("a client that goes before its answers come disturbs nobody", async () => {
  const { answer, finish, waiting } = slowAnswers();
  const { socket, path, gone } = await conversation(answer);
  socket.write("#1 slow\n#2 slow\nslow 3\nb\n");
  await expect.poll(() => waiting.size).toBe(3);
  socket.destroy();
  for (const line of ["#1 slow", "#2 slow", "slow 3"]) finish(line);
  await expect.poll(() => gone.closed).toBe(1);
  const other = await connectTo(path);
  onTestFinished(() => void other.socket.destroy());
  expect(await other.ask("c")).toBe("to c");
});

test("of a client that does not read its replies nothing more is read", async () => {
  let answered = 0;
  const { path } = await conversation(() => {
    answered++;
    return "y".repeat(10_000);
  });
  const socket = createConnection(path).setEncoding("utf8").pause();
  onTestFinished(() => void socket.destroy());
  const lines = 10_000;
  socket.write("x\n".repeat(lines));
  let before = -1;
  await expect
    .poll(
      () => {
        const isStill = answered > 0 && answered === before;
        before = answered;
        return isStill;
      },
      { interval: 200, timeout: 20_000 },
    )
    .toBe(true);
  // 100 MB would be kept for it
  expect(answered).toBeLessThan(lines / 10);
  let heard = 0;
  socket.on("data", (text: string) => {
    heard += text.split("\n").length - 1;
  });
  socket.resume();
  await expect.poll(() => heard, { timeout: 60_000 }).toBe(lines);
});
