import { expect, test } from "vitest";
import { FobError } from "#base/fob-error.ts";
import { pushDeny } from "#commands/push/push-deny.ts";
import { pushHistory } from "#commands/push/push-history.ts";
import { type PushListContext, pushList } from "#commands/push/push-list.ts";
import { inboxBench, pins } from "../../push/inbox-bench.ts";

/** What the commands need, with a vault of one token and its server. */
async function stage() {
  const bench = await inboxBench();
  const complaints: FobError[] = [];
  const context: PushListContext = {
    findPush: async () => bench.inbox,
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
