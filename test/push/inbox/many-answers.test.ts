import { expect, test } from "vitest";
import { asRequest, hasExpired, isWaiting, withIds } from "#push/inbox/challenges.ts";
import { sendSeveral } from "#push/inbox/many-answers.ts";
import type { PushChallenge } from "#push/provider.ts";
import { isPushToken } from "#push/push-token.ts";
import { lastUses } from "#vault/tokens/last-uses.ts";
import { claimAnswer, settleAnswers } from "#vault/tokens/push-memory.ts";
import { decodeRecord, encodeRecord } from "#vault/tokens/token-record.ts";
import { inboxBench, pins } from "../inbox-bench.ts";
import type { PrivacyIdeaServer } from "../privacyidea-server.ts";

const NOBODY = pins();
const APPROVE = { kind: "approve", choice: null } as const;
const chosen = (choice: string) => ({ kind: "approve", choice }) as const;
const DENY = { kind: "deny", isReport: false } as const;

/** Answers while the server hears everything, and its replies are lost. */
async function loseReply(server: PrivacyIdeaServer, answer: () => Promise<unknown>): Promise<void> {
  server.intercept = (_, response) => {
    response.end = () => response.destroy();
    return false;
  };
  await expect(answer()).rejects.toMatchObject({ code: "unavailable" });
  server.intercept = () => false;
}

test("of two processes that answer differently at once, one wins and the server hears one answer", async () => {
  const { server, token, newInbox } = await inboxBench();
  for (let round = 0; round < 10; round++) {
    server.challenge();
    const inboxes = [newInbox(), newInbox()];
    const polls = await Promise.all(inboxes.map((inbox) => inbox.poll(token.id)));
    const id = polls[0]?.requests[0]?.id ?? "";
    const answers = await Promise.allSettled([
      inboxes[0]?.answer(id, APPROVE, NOBODY),
      inboxes[1]?.answer(id, DENY, NOBODY),
    ]);
    expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(server.answers).toHaveLength(round + 1);
  }
});

test("a process that gives the answer that another one gave is told so, and the server hears it once", async () => {
  const { server, token, newInbox, inbox } = await inboxBench();
  server.challenge();
  const late = newInbox();
  const [request] = (await late.poll(token.id)).requests;
  await inbox.poll(token.id);
  expect(await inbox.answer(request?.id ?? "", APPROVE, NOBODY)).toEqual({ isAccepted: true });
  await expect(late.answer(request?.id ?? "", APPROVE, NOBODY)).rejects.toThrow(
    "this request was approved already",
  );
  expect(server.answers).toHaveLength(1);
});

test("what the server took stays taken, whatever it says to the same answer of another process", () => {
  const known = claimAnswer([], "a", APPROVE, new Date());
  const taken = settleAnswers(known, APPROVE, new Map([["a", true]]));
  expect(taken).toMatchObject([{ id: "a", isAccepted: true }]);
  expect(settleAnswers(taken, APPROVE, new Map([["a", false]]))).toBe(taken);
});

test("an answer that was cut off can be sent again, and no other one in its place", async () => {
  const { server, token, inbox, newInbox } = await inboxBench();
  server.challenge();
  const [request] = (await inbox.poll(token.id)).requests;
  server.intercept = (incoming) =>
    incoming.method === "POST" && incoming.socket.destroy().destroyed;
  const lost = { code: "unavailable", hint: expect.stringContaining("fob push history") };
  await expect(inbox.answer(request?.id ?? "", APPROVE, NOBODY)).rejects.toMatchObject(lost);
  expect(await inbox.history(token.id)).toMatchObject([{ answer: APPROVE, isAccepted: null }]);
  server.intercept = () => false;
  const later = newInbox();
  expect((await later.poll(token.id)).requests.map(({ id }) => id)).toEqual([request?.id]);
  await expect(later.answer(request?.id ?? "", DENY, NOBODY)).rejects.toMatchObject({
    code: "rejected",
    hint: expect.stringContaining("the same answer can be sent again"),
  });
  expect(await later.answer(request?.id ?? "", APPROVE, NOBODY)).toMatchObject({
    isAccepted: true,
  });
  expect(await inbox.history(token.id)).toMatchObject([
    { id: request?.id, answer: APPROVE, isAccepted: true },
  ]);
});

test.each([
  ["in the same process", false],
  ["in another process", true],
])(
  "after a choice whose reply was lost, another answer is possible while the server asks: %s",
  async (_, isOther) => {
    const { server, token, inbox, newInbox } = await inboxBench();
    Object.assign(server, { stays: true, verdict: { value: false } });
    for (const given of [chosen("42"), DENY]) {
      server.challenges = [];
      server.challenge({ options: "17,42" });
      const id = (await inbox.poll(token.id)).requests[0]?.id ?? "";
      await loseReply(server, () => inbox.answer(id, chosen("17"), NOBODY));
      const later = isOther ? newInbox() : inbox;
      if (isOther) await later.poll(token.id);
      server.verdict = { value: true };
      expect(await later.answer(id, given, NOBODY)).toMatchObject({ isAccepted: true });
      server.verdict = { value: false };
      const [memory] = await inbox.history(token.id);
      expect(memory).toMatchObject({ id, answer: given, isAccepted: true });
    }
  },
);

test("after a choice whose reply was lost, and which the server took, nothing else is sent", async () => {
  const { server, token, inbox } = await inboxBench();
  server.challenge({ options: "17,42" });
  const id = (await inbox.poll(token.id)).requests[0]?.id ?? "";
  await loseReply(server, () => inbox.answer(id, chosen("42"), NOBODY));
  await expect(inbox.answer(id, DENY, NOBODY)).rejects.toMatchObject({ code: "not-found" });
  expect(server.answers).toHaveLength(1);
  const [memory] = await inbox.history(token.id);
  expect(memory).toMatchObject({ answer: chosen("42"), isAccepted: null });
});

test("of two processes that choose differently at once, one wins and the server hears one choice", async () => {
  const { server, token, newInbox } = await inboxBench();
  server.challenge({ options: "17,42" });
  const inboxes = [newInbox(), newInbox()];
  const polls = await Promise.all(inboxes.map((one) => one.poll(token.id)));
  const id = polls[0]?.requests[0]?.id ?? "";
  const answers = await Promise.allSettled([
    inboxes[0]?.answer(id, chosen("17"), NOBODY),
    inboxes[1]?.answer(id, chosen("42"), NOBODY),
  ]);
  expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  expect(server.answers).toHaveLength(1);
});

test("a choice that is taken after another answer was decided on is what is remembered", () => {
  const known = claimAnswer([], "a", chosen("42"), new Date());
  const denied = claimAnswer(known, "a", DENY, new Date(), chosen("42"));
  expect(settleAnswers(denied, chosen("42"), new Map([["a", false]]))).toBe(denied);
  const taken = settleAnswers(denied, chosen("42"), new Map([["a", true]]));
  expect(taken).toMatchObject([{ id: "a", answer: chosen("42"), isAccepted: true }]);
  expect(settleAnswers(taken, DENY, new Map([["a", false]]))).toBe(taken);
});

test("a token that gets a PIN while it is listened to asks for it", async () => {
  const { server, token, guard, inbox } = await inboxBench();
  server.challenge();
  const [request] = (await inbox.poll(token.id)).requests;
  await guard("83517");
  const locked = { code: "locked" };
  await expect(inbox.poll(token.id)).rejects.toMatchObject(locked);
  await expect(inbox.answer(request?.id ?? "", DENY, NOBODY)).rejects.toMatchObject(locked);
  await inbox.open(token.id, pins("83517"));
  expect((await inbox.poll(token.id)).requests).toHaveLength(1);
  expect(await inbox.answer(request?.id ?? "", DENY, NOBODY)).toEqual({ isAccepted: true });
});

test("a token with a PIN asks for it to listen and for each approval, and not for a denial", async () => {
  const { server, token, guard, inbox } = await inboxBench();
  await guard("83517");
  server.challenge();
  server.challenge();
  await expect(inbox.poll(token.id)).rejects.toMatchObject({ code: "locked" });
  const opening = pins("83517");
  await inbox.open(token.id, opening);
  const [first, second] = (await inbox.poll(token.id)).requests;
  await expect(inbox.answer(first?.id ?? "", APPROVE, pins("83518"))).rejects.toMatchObject({
    code: "denied",
  });
  expect(server.answers).toEqual([]);
  const approving = pins("83517");
  expect(await inbox.answer(first?.id ?? "", APPROVE, approving)).toEqual({ isAccepted: true });
  expect(await inbox.answer(second?.id ?? "", DENY, NOBODY)).toEqual({ isAccepted: true });
  expect([opening.asked.length, approving.asked.length, NOBODY.asked.length]).toEqual([1, 1, 0]);
});

test("an inbox that was closed has forgotten the keys of tokens with a PIN", async () => {
  const { token, guard, inbox } = await inboxBench();
  await guard("83517");
  await inbox.open(token.id, pins("83517"));
  await inbox.poll(token.id);
  inbox.close();
  await expect(inbox.poll(token.id)).rejects.toMatchObject({ code: "locked" });
});

test("nothing is sent for a token that nobody may use any more", async () => {
  const { server, vault, token, inbox } = await inboxBench();
  server.challenge();
  const [request] = (await inbox.poll(token.id)).requests;
  vault.amend(token.id, (before) => ({ ...before, accessDomain: "FF" }));
  const asked = server.polls;
  await expect(inbox.poll(token.id)).rejects.toMatchObject({ code: "denied" });
  await expect(inbox.answer(request?.id ?? "", DENY, NOBODY)).rejects.toMatchObject({
    code: "denied",
  });
  expect([server.polls, server.answers]).toEqual([asked, []]);
});

test("a denial that the server does not take is not told as one", async () => {
  const { server, token, inbox } = await inboxBench();
  server.challenge();
  server.verdict = { value: false };
  const ids = (await inbox.poll(token.id)).requests.map(({ id }) => id);
  expect(await inbox.denyAll(ids, false)).toEqual({ denied: [], failures: [] });
});

test("an answer counts as a use of the token", async () => {
  const { server, vault, token, inbox } = await inboxBench();
  server.challenge();
  const [request] = (await inbox.poll(token.id)).requests;
  expect(lastUses(vault).of(token.id)).toBeNull();
  await inbox.answer(request?.id ?? "", APPROVE, NOBODY);
  expect(lastUses(vault).of(token.id)).not.toBeNull();
});

test("of many answers eight are on their way at once", async () => {
  let [underWay, most] = [0, 0];
  const waiting: (() => void)[] = [];
  const line = {
    poll: () => Promise.reject(new Error("nothing is polled")),
    answer: () => {
      most = Math.max(most, ++underWay);
      return new Promise<{ isAccepted: boolean }>((resolve) => {
        waiting.push(() => {
          underWay--;
          resolve({ isAccepted: true });
        });
      });
    },
  };
  const challenges = new Map(Array.from({ length: 30 }, (_, i) => [String(i), CHALLENGE] as const));
  const services = {
    http: () => Promise.reject(new Error("nothing is sent")),
    now: () => new Date(),
  };
  const sent = sendSeveral(line, challenges, DENY, services);
  for (let i = 0; i < 30; i++) {
    await expect.poll(() => waiting.length, { interval: 1 }).toBeGreaterThan(0);
    waiting.shift()?.();
  }
  expect((await sent).outcomes.size).toBe(30);
  expect(most).toBe(8);
});

const CHALLENGE: PushChallenge = {
  nonce: "n",
  title: "t",
  question: "q",
  options: [],
  lifetime: 120,
  data: null,
};

test("a request waits until the last millisecond of its time, and not while its answer was taken", () => {
  const seen = { id: "a", seenAt: 1_000, words: null, answer: null, isAccepted: null } as const;
  const at = (milliseconds: number) => hasExpired(seen, CHALLENGE, new Date(milliseconds));
  expect([at(120_999), at(121_000)]).toEqual([false, true]);
  expect(isWaiting(seen, CHALLENGE, new Date(2_000))).toBe(true);
  expect(isWaiting({ ...seen, isAccepted: true }, CHALLENGE, new Date(2_000))).toBe(false);
  expect(isWaiting(undefined, CHALLENGE, new Date(2_000))).toBe(false);
});

test("a notification's button may approve what needs no PIN and no choice, where the issuer lets it", async () => {
  const { token } = await inboxBench();
  if (!isPushToken(token)) throw new Error("no token for login requests");
  const { credential } = token;
  const isQuick = (change: Partial<typeof token>, options: readonly string[] = []) => {
    const [arrival] = withIds(token.id, [{ ...CHALLENGE, options }]);
    return arrival && asRequest({ ...token, ...change }, arrival, 0).isQuick;
  };
  expect(isQuick({})).toBe(true);
  expect(isQuick({ pin: "user" })).toBe(false);
  expect(isQuick({}, ["17", "42"])).toBe(false);
  expect(isQuick({ credential: { ...credential, isQuick: false } })).toBe(false);
});

test("what is remembered is bounded, and the newest twenty keep their words", async () => {
  const { server, vault, token, inbox } = await inboxBench();
  for (let round = 0; round < 2; round++) {
    server.challenges = [];
    for (let i = 0; i < 600; i++) server.challenge({ question: `${round} ${i}` });
    await inbox.poll(token.id);
  }
  const { pushRequests } = vault.read(token.id);
  expect(pushRequests).toHaveLength(1_024);
  expect((await inbox.history(token.id)).map(({ question }) => question)).toEqual(
    Array.from({ length: 20 }, (_, i) => `1 ${599 - i}`),
  );
});

test("a record from before there were login requests is read", async () => {
  const { vault, token } = await inboxBench();
  const { pushRequests: _, ...before } = JSON.parse(encodeRecord(vault.read(token.id)).toString());
  expect(decodeRecord(Buffer.from(JSON.stringify(before))).pushRequests).toEqual([]);
});
