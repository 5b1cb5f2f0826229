import { expect, onTestFinished, test } from "vitest";
import { PushListener } from "#agent/server/push-listener.ts";
import type { NoticeQuestion, Notifier } from "#push/notifier.ts";
import { anotherServer, inboxBench } from "../../push/inbox-bench.ts";

/** An agent that listens for the tokens of a vault, and looks for new ones all the time. */
async function listening(notifier: Notifier | null = null) {
  const bench = await inboxBench();
  let count = 0;
  const { inbox } = bench;
  const tokens = inbox.tokens.bind(inbox);
  inbox.tokens = () => {
    count++;
    return tokens();
  };
  const listener = new PushListener(inbox, notifier, 10);
  const run = listener.run();
  onTestFinished(async () => {
    listener.end();
    await run;
  });
  const domain = (accessDomain: "00" | "02" | "FF") =>
    bench.vault.amend(bench.token.id, (before) => ({ ...before, accessDomain }));
  return { ...bench, listener, domain, looks: () => count };
}

test("tokens that come later are listened to as well, and what waits for both is counted", async () => {
  const { listener, server, store } = await listening();
  server.challenge();
  await expect.poll(() => listener.status).toEqual({ tokens: 1, waiting: 1 });
  const other = await anotherServer();
  store(other, "Other", other.serial);
  other.challenge();
  other.challenge();
  await expect.poll(() => listener.status, { timeout: 10_000 }).toEqual({ tokens: 2, waiting: 3 });
});

test("while its tokens are the same, it asks their server at its own pace", async () => {
  const { listener, server, looks } = await listening();
  server.challenge();
  await expect.poll(() => listener.status.waiting).toBe(1);
  const before = { polls: server.polls, looks: looks() };
  await expect.poll(looks).toBeGreaterThan(before.looks + 20);
  expect(server.polls - before.polls).toBeLessThan(5);
});

test("it asks about requests by notifications, and answers as the person does", async () => {
  const questions: NoticeQuestion[] = [];
  const { server } = await listening({
    describe: async () => "a desktop",
    tell: async () => undefined,
    ask: async (question) => {
      questions.push(question);
      return question.actions[0].id;
    },
  });
  server.challenge({ question: "Log in?" });
  await expect.poll(() => server.answers.length, { timeout: 10_000 }).toBe(1);
  expect(questions).toHaveLength(1);
  expect(server.answers[0]).not.toHaveProperty("decline");
});

test("what it has asked by a notification is taken back when it ends", async () => {
  const shown: AbortSignal[] = [];
  const { listener, server } = await listening({
    describe: async () => "a desktop",
    tell: async () => undefined,
    ask: (_, { signal }) => {
      shown.push(signal);
      return new Promise((resolve) => signal.addEventListener("abort", () => resolve(null)));
    },
  });
  server.challenge();
  await expect.poll(() => shown.length, { timeout: 10_000 }).toBe(1);
  expect(shown[0]?.aborted).toBe(false);
  listener.end();
  await expect.poll(() => shown[0]?.aborted).toBe(true);
});

test.each(["02", "FF"] as const)(
  "a token whose access domain becomes %s is left alone until that is lifted",
  async (code) => {
    const { listener, server, domain } = await listening();
    server.challenge();
    await expect.poll(() => listener.status).toEqual({ tokens: 1, waiting: 1 });
    domain(code);
    await expect.poll(() => listener.status).toEqual({ tokens: 0, waiting: 0 });
    domain("00");
    await expect
      .poll(() => listener.status, { timeout: 10_000 })
      .toEqual({ tokens: 1, waiting: 1 });
  },
);

test("a token that gets a PIN is no longer listened to", async () => {
  const { listener, vault, token } = await listening();
  await expect.poll(() => listener.status.tokens).toBe(1);
  vault.amend(token.id, (before) => ({ ...before, pin: "user" }));
  await expect.poll(() => listener.status.tokens).toBe(0);
});
