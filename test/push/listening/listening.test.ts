import type { IncomingMessage } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { PushListener } from "#agent/server/push-listener.ts";
import { FobError } from "#base/fob-error.ts";
import { BackOff } from "#push/listening/back-off.ts";
import { Listening } from "#push/listening/listening.ts";
import { RequestQueue } from "#push/listening/request-queue.ts";
import type { PushEvent } from "#push/push-event.ts";
import { isPushToken } from "#push/push-token.ts";
import { NOW, pushRequest } from "../../cli/screen/push-request.ts";
import { anotherServer, inboxBench, pins } from "../inbox-bench.ts";
import type { PrivacyIdeaServer } from "../privacyidea-server.ts";

const NOBODY = pins();

const OTHER_SERIAL = "PIPU0002ABCD";

/** With `reply`, the same server has a second token, whose polls it answers. */
async function listeningBench(reply: PrivacyIdeaServer["intercept"] | null = null) {
  const bench = await inboxBench();
  if (reply) {
    bench.store(bench.server, "Other", OTHER_SERIAL);
    bench.server.intercept = (request, response) => isOther(request) && reply(request, response);
  }
  const end = new AbortController();
  onTestFinished(() => end.abort());
  const { now } = bench.services;
  const listening = new Listening(bench.inbox, await bench.inbox.tokens(), {
    now,
    signal: end.signal,
    interval: 20,
  });
  const events = listening.events();
  const next = async (kind: PushEvent["kind"]) => {
    const { value } = await events.next();
    expect(value).toMatchObject({ kind });
    return value as PushEvent;
  };
  return { ...bench, end, listening, events, next };
}

function isOther({ url }: IncomingMessage): boolean {
  return url?.includes(OTHER_SERIAL) ?? false;
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
  expect(await next("answered")).toMatchObject({
    request: { question: "one" },
    outcome: { isAccepted: true },
  });
  // in steps that a question on its way survives
  for (let ahead = 15; ahead <= 120; ahead += 15) {
    clock.ahead = server.clockOffset = ahead;
    const asked = server.polls;
    await expect.poll(() => server.polls, { interval: 5 }).toBeGreaterThan(asked + 1);
  }
  expect(await next("gone")).toMatchObject({ request: { question: "two" }, reason: "expired" });
  // the server may still list it for some time, and for longer only if it repeats it
  for (let ahead = 135; ahead <= 615; ahead += 15) {
    clock.ahead = server.clockOffset = ahead;
    const asked = server.polls;
    await expect.poll(() => server.polls, { interval: 5 }).toBeGreaterThan(asked + 1);
  }
  expect(await next("refusal")).toMatchObject({ message: expect.stringMatching(/has expired/) });
  expect(listening.perMinute).toBe(0);
});

test("a server that goes away and comes back is told of once each, and a clock that drifts and is set", async () => {
  const { server, clock, listening, next } = await listeningBench();
  let isDown = true;
  server.intercept = (request) => isDown && request.socket.destroy().destroyed;
  expect(await next("offline")).toMatchObject({
    token: null,
    message: expect.stringMatching(/cannot be reached/),
  });
  expect(listening.troubles).toMatchObject([{ code: "unavailable" }]);
  isDown = false;
  await next("online");
  clock.ahead = 30;
  expect(await next("drift")).toMatchObject({
    server: server.url.host,
    offsetSeconds: expect.any(Number),
  });
  clock.ahead = 0;
  expect(await next("steady")).toEqual({ kind: "steady", server: server.url.host });
  clock.ahead = -30;
  expect(await next("drift")).toMatchObject({ server: server.url.host });
});

test("a token that gets no answer keeps neither the others of its server waiting nor time from going on", async () => {
  let held = 0;
  const { server, clock, next } = await listeningBench(() => ++held > 0);
  server.challenge({ question: "one" });
  expect(await next("request")).toMatchObject({ request: { token: "ACME", question: "one" } });
  await expect.poll(() => held).toBe(1);
  server.challenge({ question: "two" });
  expect(await next("request")).toMatchObject({ request: { question: "two" } });
  // now nobody gets an answer any more
  server.intercept = () => ++held > 0;
  await expect.poll(() => held).toBe(2);
  clock.ahead = 121;
  expect([await next("gone"), await next("gone")]).toMatchObject([
    { reason: "expired" },
    { reason: "expired" },
  ]);
});

test("a token that fails at a server that answers for others is named, and told of once", async () => {
  let isDown = true;
  const { server, next } = await listeningBench(({ socket }, response) => {
    if (isDown) return socket.destroy().destroyed;
    response.end(JSON.stringify({ result: { status: true, value: [] } }));
    return true;
  });
  expect(await next("offline")).toMatchObject({
    token: "Other",
    message: expect.stringMatching(/cannot be reached/),
  });
  const asked = server.polls;
  await expect.poll(() => server.polls).toBeGreaterThan(asked + 3);
  isDown = false;
  expect(await next("online")).toMatchObject({ token: "Other" });
});

test("a token that its server refuses is named, and listened for on", async () => {
  let isRefused = true;
  const { listening, next } = await listeningBench((_, response) => {
    if (isRefused) response.writeHead(403).end("{}");
    else response.end(JSON.stringify({ result: { status: true, value: [] } }));
    return true;
  });
  expect(await next("offline")).toMatchObject({
    token: "Other",
    message: expect.stringMatching(/status 403/),
  });
  expect(listening.troubles).toMatchObject([{ code: "rejected" }]);
  isRefused = false;
  expect(await next("online")).toMatchObject({ token: "Other" });
  expect(listening.troubles).toEqual([]);
});

test("a server that lists what is no request is told of once, and is a trouble until it does not", async () => {
  const { server, listening, next } = await listeningBench();
  const message = `${server.url.host} lists what is no login request`;
  server.challenges = [42];
  expect(await next("refusal")).toMatchObject({ token: "ACME", message });
  expect(listening.troubles).toMatchObject([{ code: "unavailable", message }]);
  server.challenges = [];
  server.challenge();
  await next("request");
  expect(listening.troubles).toEqual([]);
});

test("denying all that waits says why a server did not hear it", async () => {
  const { server, listening, next } = await listeningBench();
  server.challenge();
  await next("request");
  server.intercept = ({ method, socket }) => method === "POST" && socket.destroy().destroyed;
  await expect(listening.denyAll(false)).rejects.toMatchObject({ code: "unavailable" });
  expect(listening.waiting).toHaveLength(1);
});

test("a request that was answered does not come again by a poll that was on its way", async () => {
  const { token } = await inboxBench();
  if (!isPushToken(token)) throw new Error("no token for login requests");
  const queue = new RequestQueue(token);
  const polled = {
    requests: [pushRequest("a")],
    refusals: [],
    garbage: null,
    clockOffsetSeconds: null,
  };
  expect(queue.compare(polled, NOW)).toMatchObject([{ kind: "request", request: { id: "a" } }]);
  queue.drop("a");
  expect([queue.compare(polled, NOW), queue.waiting]).toEqual([[], []]);
});

test("each refusal is told once, and no more of them than anybody reads", async () => {
  const { token } = await inboxBench();
  if (!isPushToken(token)) throw new Error("no token for login requests");
  const queue = new RequestQueue(token);
  const compare = (refusals: readonly string[]) =>
    queue.compare({ requests: [], refusals, garbage: null, clockOffsetSeconds: null }, NOW).length;
  expect([compare(["a", "a", "b"]), compare(["a", "b", "c"])]).toEqual([2, 1]);
  expect(compare(Array.from({ length: 1_000 }, (_, i) => String(i)))).toBe(253);
});

test("a server that is silent for all of its tokens is told of once, and so is its return", async () => {
  let isDown = true;
  const { server, next } = await listeningBench(() => false);
  server.intercept = (request, response) => {
    if (isDown) return request.socket.destroy().destroyed;
    if (!isOther(request)) return false;
    response.end(JSON.stringify({ result: { status: true, value: [] } }));
    return true;
  };
  expect(await next("offline")).toMatchObject({ token: null });
  isDown = false;
  expect(await next("online")).toMatchObject({ token: null });
  server.challenge({ question: "after" });
  await next("request");
});

test("denying all says which server did not hear it, and forgets no denial that another one took", async () => {
  const { server, inbox, store, newInbox } = await inboxBench();
  const dead = await anotherServer();
  // listed, and so denied, before the other one
  const lost = store(dead, "A dead one", dead.serial);
  server.challenge({ question: "one" });
  dead.challenge({ question: "two" });
  dead.challenge({ question: "three" });
  const polls = [];
  for (const { token } of await inbox.tokens())
    polls.push(...(await inbox.poll(token.id)).requests);
  dead.intercept = (request) => request.socket.destroy().destroyed;
  const { denied, failures } = await inbox.denyAll(
    polls.map(({ id }) => id),
    false,
  );
  expect(failures).toMatchObject([{ token: "A dead one", error: { code: "unavailable" } }]);
  expect(denied).toEqual(polls.filter(({ token }) => token === "ACME").map(({ id }) => id));
  expect(server.answers).toHaveLength(1);
  dead.intercept = () => false;
  const later = newInbox();
  expect((await later.poll(lost.id)).requests).toHaveLength(2);
});

test("an agent goes on listening after a moment in which the vault could not be read", async () => {
  const { server, newInbox } = await inboxBench();
  const inbox = newInbox();
  const tokens = inbox.tokens.bind(inbox);
  let failures = 2;
  inbox.tokens = async () => {
    if (failures-- > 0) throw new FobError("invalid", "damaged");
    return tokens();
  };
  const watch = new PushListener(inbox, null, 10);
  const run = watch.run();
  server.challenge();
  await expect.poll(() => watch.status).toEqual({ tokens: 1, waiting: 1 });
  watch.end();
  await run;
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
  expect([listening.waiting.length, server.answers.length, server.complaints]).toEqual([
    0,
    1_000,
    [],
  ]);
});

test("the pause is a second while somebody waits, grows to half a minute, and is never the same for all", () => {
  const backOff = new BackOff(0, () => 0, null);
  expect(backOff.pause(0)).toBe(1_000);
  expect(backOff.pause(119_999)).toBe(1_000);
  expect([1, 2, 3, 4, 5, 6, 7].map(() => backOff.pause(120_000))).toEqual([
    2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000,
  ]);
  backOff.wake(200_000);
  expect(backOff.pause(200_000)).toBe(1_000);
  for (let i = 0; i < 10; i++) backOff.fail();
  expect(backOff.pause(200_000)).toBe(30_000);
  expect(new BackOff(0, () => 0.999, null).pause(0)).toBeGreaterThan(1_200);
});

test("a pause of one's own choice is kept while the server answers", () => {
  const backOff = new BackOff(0, () => 0, 20);
  expect([backOff.pause(0), backOff.pause(1_000_000)]).toEqual([20, 20]);
  backOff.fail();
  expect(backOff.pause(0)).toBe(2_000);
  backOff.succeed();
  expect(backOff.pause(0)).toBe(20);
});
