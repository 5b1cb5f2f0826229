import { expect, test } from "vitest";
import { FobError } from "#base/fob-error.ts";
import { pushDeny } from "#commands/push/push-deny.ts";
import { pushHistory } from "#commands/push/push-history.ts";
import { type PushListContext, pushList } from "#commands/push/push-list.ts";
import { answerRequest, chooseRequest, openRequests } from "#commands/push/push-requests.ts";
import { inboxBench, pins } from "../../push/inbox-bench.ts";

/** What the commands need, with a vault of one token and its server. */
async function stage() {
  const bench = await inboxBench();
  const complaints: FobError[] = [];
  const context: PushListContext = {
    findPush: async () => bench.inbox,
    findTokens: async () => null,
    pinPrompt: pins(),
    complain: (failure) => void complaints.push(failure),
    clock: bench.services.now,
  };
  return { ...bench, context, complaints };
}

test("without a vault there is no inbox to look into", async () => {
  const { context } = await stage();
  const without = { ...context, findPush: async () => null };
  await expect(pushList.run({}, without)).rejects.toMatchObject({ code: "not-found" });
  await expect(pushHistory.run({ name: undefined }, without)).rejects.toMatchObject({
    code: "not-found",
  });
});

test("a request is listed, denied and remembered", async () => {
  const { server, context } = await stage();
  expect((await pushList.run({}, context)).requests).toEqual([]);
  server.challenge();
  const { requests } = await pushList.run({}, context);
  expect(requests).toEqual([expect.objectContaining({ token: "ACME" })]);
  const { denied } = await pushDeny.run({ id: undefined, report: false, all: false }, context);
  expect(denied.map(({ request }) => request.id)).toEqual(requests.map(({ id }) => id));
  const { memories } = await pushHistory.run({ name: "ACME" }, context);
  expect(memories).toEqual([
    expect.objectContaining({ id: requests[0]?.id, answer: { kind: "deny", isReport: false } }),
  ]);
});

test("of two servers, one that cannot be asked is told of, and the other's requests are listed", async () => {
  const { server, store, context } = await stage();
  store({ url: new URL("http://127.0.0.1:1/ttype/push") }, "Gone", "PIPU-GONE");
  server.challenge();
  const { requests, failures } = await pushList.run({}, context);
  expect(requests.map(({ token }) => token)).toEqual(["ACME"]);
  expect(failures).toEqual([expect.any(FobError)]);
  expect(failures[0]?.message).toMatch(/^Gone: /);
});

test("the first failure is that of the first token, whether its PIN or its server is missing", async () => {
  const { server, guard, store, context } = await stage();
  store({ url: new URL("http://127.0.0.1:1/ttype/push") }, "AAA", "PIPU-AAA");
  store({ url: server.url }, "Open", "PIPU-OPEN");
  await guard("83517");
  const { failures } = await pushList.run({}, { ...context, pinPrompt: pins("wrong") });
  expect(failures.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^AAA: 127\.0\.0\.1:1 /),
    expect.stringMatching(/^ACME: /),
  ]);
  expect(failures.map(({ exitCode }) => exitCode)).toEqual([8, 4]);
});

test("a server that lists what is no request fails, and what is whole is listed and answered", async () => {
  const { server, context } = await stage();
  server.challenge({ question: "the good one" });
  server.challenges.push(42, { nonce: "x" });
  const { requests, notes, failures } = await pushList.run({}, context);
  expect(requests.map(({ question }) => question)).toEqual(["the good one"]);
  expect(failures).toMatchObject([
    { code: "unavailable", message: `ACME: ${server.url.host} lists what is no login request` },
  ]);
  expect(notes).toEqual([]);
  const { denied, exitCode } = await pushDeny.run(
    { id: undefined, report: false, all: false },
    context,
  );
  expect([denied.length, exitCode]).toEqual([1, 0]);
  await expect(
    openRequests(context).then((open) => chooseRequest(open, undefined, context)),
  ).rejects.toMatchObject({ code: "unavailable" });
});

test("after a wrong choice the request waits on, without a warning, and another choice is taken", async () => {
  const { server, context, inbox } = await stage();
  server.challenge({ options: "17,42,93" });
  server.stays = true;
  server.verdict = { value: false };
  const [request] = (await pushList.run({}, context)).requests;
  const approve = async (choice: string) => {
    const open = await openRequests(context);
    const chosen = chooseRequest(open, request?.id, context);
    return answerRequest(open, chosen, { kind: "approve", choice });
  };
  for (const wrong of ["17", "17", "42"]) {
    await expect(approve(wrong)).rejects.toMatchObject({
      code: "rejected",
      hint: `look at the login page again: fob push approve ${request?.id} --choice C`,
    });
    const { requests, notes } = await pushList.run({}, context);
    expect([requests.map(({ id }) => id), notes]).toEqual([[request?.id], []]);
  }
  server.verdict = { value: true };
  expect(await approve("93")).toMatchObject({ outcome: { isAccepted: true } });
  expect(await inbox.history(request?.tokenId ?? "")).toMatchObject([
    { answer: { kind: "approve", choice: "93" }, isAccepted: true },
  ]);
});

test("a request that its server did not take is no repetition while the server may still list it", async () => {
  const { server, context, clock } = await stage();
  server.challenge();
  server.stays = true;
  server.verdict = { value: false };
  const deny = pushDeny.run({ id: undefined, report: false, all: false }, context);
  await expect(deny).rejects.toMatchObject({ code: "rejected" });
  for (const [ahead, remarks] of [
    [0, 0],
    [599, 0],
    [601, 1],
  ] as const) {
    clock.ahead = ahead;
    server.clockOffset = ahead;
    const { requests, notes } = await pushList.run({}, context);
    expect([requests, notes.length]).toEqual([[], remarks]);
  }
});

test("where a token could not be asked, a request that is not found may be its own", async () => {
  const { server, guard, store, context } = await stage();
  await guard("83517");
  store({ url: server.url }, "Open", "PIPU-OPEN");
  const nobody = {
    ...pins(),
    ask: async () => {
      throw new FobError("locked", "a PIN is needed");
    },
  };
  for (const [pinPrompt, code] of [
    [nobody, "locked"],
    [pins("wrong"), "denied"],
  ] as const) {
    for (const id of ["3f2a", undefined]) {
      const denial = pushDeny.run({ id, report: false, all: false }, { ...context, pinPrompt });
      await expect(denial).rejects.toMatchObject({ code });
    }
    const { failures } = await pushList.run({}, { ...context, pinPrompt });
    expect(failures).toMatchObject([{ code }]);
    const all = { id: undefined, report: false, all: true };
    const { exitCode } = await pushDeny.run(all, { ...context, pinPrompt });
    expect(exitCode).toBe(failures[0]?.exitCode);
  }
});
