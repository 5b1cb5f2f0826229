import { expect, onTestFinished, test } from "vitest";
import { FobError } from "../../src/fob-error.ts";
import { Listening } from "../../src/push/listening.ts";
import { Pace } from "../../src/push/pace.ts";
import type { PushEvent } from "../../src/push/push-event.ts";
import { deskBench, pins } from "./desk-bench.ts";

const NOBODY = pins();

async function listeningBench() {
  const bench = await deskBench();
  const end = new AbortController();
  onTestFinished(() => end.abort());
  const { now } = bench.services;
  const listening = new Listening(bench.desk, await bench.desk.tokens(), { now, signal: end.signal, interval: 20 });
  const events = listening.events();
  const next = async (kind: PushEvent["kind"]) => {
    const { value } = await events.next();
    expect(value).toMatchObject({ kind });
    return value as PushEvent;
  };
  return { ...bench, end, listening, events, next };
}

test("what comes, goes and is answered is told once, in its order", async () => {
  const { server, clock, listening, next } = await listeningBench();
  server.challenge({ question: "one" });
  await next("request");
  server.challenge({ question: "two" });
  expect(await next("request")).toMatchObject({ request: { question: "two" } });
  expect(listening.waiting.map(({ question }) => question).sort()).toEqual(["one", "two"]);
  expect(listening.perMinute).toBe(2);
  const one = listening.waiting.find(({ question }) => question === "one");
  await listening.answer(one?.id ?? "", { kind: "deny", isReport: false }, NOBODY);
  expect(await next("answered")).toMatchObject({ request: { question: "one" }, outcome: { isAccepted: true } });
  // in steps that a question on its way survives
  for (let ahead = 15; ahead <= 120; ahead += 15) {
    clock.ahead = server.clockOffset = ahead;
    const asked = server.polls;
    await expect.poll(() => server.polls, { interval: 5 }).toBeGreaterThan(asked + 1);
  }
  expect(await next("gone")).toMatchObject({ request: { question: "two" }, reason: "expired" });
  expect(await next("refusal")).toMatchObject({ message: expect.stringMatching(/has expired/) });
});

test("a server that goes away and comes back is told of once each, and a clock that drifts and is set", async () => {
  const { server, clock, next } = await listeningBench();
  let isDown = true;
  server.intercept = (request) => isDown && request.socket.destroy().destroyed;
  expect(await next("offline")).toMatchObject({ token: null, message: expect.stringMatching(/cannot be reached/) });
  isDown = false;
  await next("online");
  clock.ahead = 30;
  expect(await next("drift")).toMatchObject({ server: server.url.host, offsetSeconds: expect.any(Number) });
  clock.ahead = 0;
  expect(await next("steady")).toEqual({ kind: "steady", server: server.url.host });
});

test("a token that may not be used any more ends it", async () => {
  const { vault, token, next, events } = await listeningBench();
  vault.amend(token.id, (before) => ({ ...before, accessDomain: "FF" }));
  await next("ended");
  await expect(events.next()).rejects.toThrow(FobError);
});

test("a thousand requests at once are a thousand events and a rate, and are denied at once", {
  timeout: 120_000,
}, async () => {
  const { server, listening, next } = await listeningBench();
  for (let i = 0; i < 1_000; i++) server.challenge({ question: String(i) });
  for (let i = 0; i < 1_000; i++) await next("request");
  expect([listening.perMinute, listening.waiting.length]).toEqual([1_000, 1_000]);
  expect(await listening.denyAll(true)).toBe(1_000);
  expect([listening.waiting.length, server.answers.length, server.complaints]).toEqual([0, 1_000, []]);
});

test("the pause is a second while somebody waits, grows to half a minute, and is never the same for all", () => {
  const pace = new Pace(0, () => 0, null);
  expect(pace.pause(0)).toBe(1_000);
  expect(pace.pause(119_999)).toBe(1_000);
  expect([1, 2, 3, 4, 5, 6, 7].map(() => pace.pause(120_000))).toEqual([
    2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000,
  ]);
  pace.wake(200_000);
  expect(pace.pause(200_000)).toBe(1_000);
  for (let i = 0; i < 10; i++) pace.fail();
  expect(pace.pause(200_000)).toBe(30_000);
  expect(new Pace(0, () => 0.999, null).pause(0)).toBeGreaterThan(1_200);
});
