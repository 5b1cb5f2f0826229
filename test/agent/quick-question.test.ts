import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { decodeReply, encodeRefusal } from "../../src/agent/protocol.ts";
import { askOnce } from "../../src/agent/quick-question.ts";
import { FobError } from "../../src/fob-error.ts";

const DONE = new FobError("unavailable", "counter 3 is used up", { hint: "check the disk", isDone: true });
const NOT_DONE = new FobError("denied", "wrong PIN");

/** Where an agent listens that greets everybody and answers each request so. */
async function agentThatAnswers(reply: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "fob-question-"));
  const path = join(folder, "agent.sock");
  const server = createServer((socket) => socket.once("data", () => socket.write(`ok v\n${reply}\n`)));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return path;
}

test("what an agent has done is not asked for again, though it failed", async () => {
  const question = askOnce(await agentThatAnswers(encodeRefusal(DONE)), "v", { do: "code" });
  await expect(question).rejects.toMatchObject({ code: "unavailable", message: DONE.message, isDone: true });
});

test("what an agent refuses is the whole program's to ask and to explain", async () => {
  expect(await askOnce(await agentThatAnswers(encodeRefusal(NOT_DONE)), "v", { do: "code" })).toBeUndefined();
});

test.each([DONE, NOT_DONE])("a refusal says on the other side whether it was done: $isDone", (refusal) => {
  const { code, message, isDone } = refusal;
  expect(() => decodeReply(encodeRefusal(refusal))).toThrow(expect.objectContaining({ code, message, isDone }));
});
