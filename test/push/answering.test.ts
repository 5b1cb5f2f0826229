import { expect, test } from "vitest";
import { claimAnswer, settleAnswers } from "../../src/vault/push-memory.ts";
import { decodeRecord, encodeRecord } from "../../src/vault/token-record.ts";
import { deskBench, pins } from "./desk-bench.ts";

const NOBODY = pins();
const APPROVE = { kind: "approve", choice: null } as const;
const DENY = { kind: "deny", isReport: false } as const;

test("of two processes that answer differently at once, one wins and the server hears one answer", async () => {
  const { server, token, newDesk } = await deskBench();
  for (let round = 0; round < 10; round++) {
    server.challenge();
    const desks = [newDesk(), newDesk()];
    const polls = await Promise.all(desks.map((desk) => desk.poll(token.id)));
    const id = polls[0]?.requests[0]?.id ?? "";
    const answers = await Promise.allSettled([
      desks[0]?.answer(id, APPROVE, NOBODY),
      desks[1]?.answer(id, DENY, NOBODY),
    ]);
    expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(server.answers).toHaveLength(round + 1);
  }
});

test("a process that gives the answer that another one gave is told so, and the server hears it once", async () => {
  const { server, token, newDesk, desk } = await deskBench();
  server.challenge();
  const late = newDesk();
  const [request] = (await late.poll(token.id)).requests;
  await desk.poll(token.id);
  expect(await desk.answer(request?.id ?? "", APPROVE, NOBODY)).toEqual({ isAccepted: true });
  await expect(late.answer(request?.id ?? "", APPROVE, NOBODY)).rejects.toThrow("this request was approved already");
  expect(server.answers).toHaveLength(1);
});

test("what the server took stays taken, whatever it says to the same answer of another process", () => {
  const known = claimAnswer([], "a", APPROVE, new Date());
  const taken = settleAnswers(known, new Map([["a", true]]));
  expect(taken).toMatchObject([{ id: "a", isAccepted: true }]);
  expect(settleAnswers(taken, new Map([["a", false]]))).toBe(taken);
});

test("an answer that was cut off can be sent again, and no other one in its place", async () => {
  const { server, token, desk, newDesk } = await deskBench();
  server.challenge();
  const [request] = (await desk.poll(token.id)).requests;
  server.intercept = (incoming) => incoming.method === "POST" && incoming.socket.destroy().destroyed;
  await expect(desk.answer(request?.id ?? "", APPROVE, NOBODY)).rejects.toMatchObject({ code: "unavailable" });
  server.intercept = () => false;
  const later = newDesk();
  expect((await later.poll(token.id)).requests.map(({ id }) => id)).toEqual([request?.id]);
  await expect(later.answer(request?.id ?? "", DENY, NOBODY)).rejects.toMatchObject({
    code: "rejected",
    hint: expect.stringContaining("the same answer can be sent again"),
  });
  expect(await later.answer(request?.id ?? "", APPROVE, NOBODY)).toMatchObject({ isAccepted: true });
  expect(await desk.history(token.id)).toMatchObject([{ id: request?.id, answer: APPROVE, isAccepted: true }]);
});

test("what is remembered is bounded, and the newest twenty keep their words", async () => {
  const { server, vault, token, desk } = await deskBench();
  for (let round = 0; round < 2; round++) {
    server.challenges = [];
    for (let i = 0; i < 600; i++) server.challenge({ question: `${round} ${i}` });
    await desk.poll(token.id);
  }
  const { pushRequests } = vault.read(token.id);
  expect(pushRequests).toHaveLength(1_024);
  expect((await desk.history(token.id)).map(({ question }) => question)).toEqual(
    Array.from({ length: 20 }, (_, i) => `1 ${599 - i}`),
  );
});

test("a record from before there were login requests is read", async () => {
  const { vault, token } = await deskBench();
  const { pushRequests: _, ...before } = JSON.parse(encodeRecord(vault.read(token.id)).toString());
  expect(decodeRecord(Buffer.from(JSON.stringify(before))).pushRequests).toEqual([]);
});
