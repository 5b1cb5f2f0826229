import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { askOnce } from "#agent/client/ask-once.ts";
import { newAgentSecret, proofOf } from "#agent/protocol/proof.ts";
import { decodeReply, encodeRefusal } from "#agent/protocol/protocol.ts";
import { FobError } from "#base/fob-error.ts";
import { impersonate } from "../impostor.ts";

const DONE = new FobError("unavailable", "counter 3 is used up", {
  hint: "check the disk",
  isDone: true,
});
const NOT_DONE = new FobError("denied", "wrong PIN");

/** What is asked of an agent that proves itself and answers each request so. */
async function asked(reply: string): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), "fob-question-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const secret = newAgentSecret();
  const holder = {
    pid: process.pid,
    started: "",
    socket: join(folder, "agent.sock"),
    home: folder,
    secret,
  };
  await impersonate(holder.socket, (line) => {
    const [word, challenge = ""] = line.split(" ");
    return word === "prove" ? `ok ${proofOf(secret, challenge)}` : reply;
  });
  return askOnce(holder, [holder.socket], { do: "code" });
}

test("what an agent has done is not asked for again, though it failed", async () => {
  const question = asked(encodeRefusal(DONE));
  await expect(question).rejects.toMatchObject({
    code: "unavailable",
    message: DONE.message,
    isDone: true,
  });
});

test("what an agent refuses is the whole program's to ask and to explain", async () => {
  expect(await asked(encodeRefusal(NOT_DONE))).toBeUndefined();
});

test.each([DONE, NOT_DONE])(
  "a refusal says on the other side whether it was done: $isDone",
  (refusal) => {
    const { code, message, isDone } = refusal;
    expect(() => decodeReply(encodeRefusal(refusal))).toThrow(
      expect.objectContaining({ code, message, isDone }),
    );
  },
);
