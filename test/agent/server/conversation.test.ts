import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type Answer, converse } from "#agent/server/conversation.ts";
import { connectTo } from "../agent.ts";

/** A client of a server that answers lines by `answer`; what it hears, line by line. */
async function conversation(answer: Answer) {
  const folder = mkdtempSync(join(tmpdir(), "fob-lines-"));
  const server = createServer({ allowHalfOpen: true }, (socket) =>
    converse(socket, { answer, leave: () => undefined }),
  );
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
  return { socket, heard: () => heard.split("\n").slice(0, -1) };
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
