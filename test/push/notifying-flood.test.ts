import { expect, test, vi } from "vitest";
import { FobError } from "#base/fob-error.ts";
import { Notifying } from "#push/listening/notifying.ts";
import type { Notice, Notifier } from "#push/notifier.ts";
import type { PushAnswer } from "#token/push-answer.ts";
import { NOW, pushRequest } from "../cli/screen/push-request.ts";

/**
 * A desktop that keeps what it is to show; `press` answers the question with this title, `null`
 * dismisses it.
 */
function desktop() {
  const told: Notice[] = [];
  const asked = new Map<string, (answer: string | null) => void>();
  const seen: string[] = [];
  const notifier: Notifier = {
    describe: async () => "a desktop",
    tell: async (notice) => void told.push(notice),
    ask: ({ title }, { signal }) =>
      new Promise((resolve) => {
        seen.push(title);
        const end = (answer: string | null) => {
          asked.delete(title);
          resolve(answer);
        };
        asked.set(title, end);
        signal.addEventListener("abort", () => end(null));
      }),
  };
  return {
    notifier,
    told,
    asked,
    seen,
    press: (title: string, answer: string | null) => asked.get(title)?.(answer),
  };
}

function listen(notifier: Notifier, isGuarded = false) {
  const troubles: FobError[] = [];
  const answers: PushAnswer[] = [];
  const notifying = new Notifying({
    notifier,
    answer: async (_, answer) => {
      answers.push(answer);
      return { isAccepted: true };
    },
    isGuarded: () => isGuarded,
    now: () => NOW,
    onTrouble: (trouble) => troubles.push(trouble),
  });
  return { notifying, troubles, answers };
}

const titles = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `Login r${from + i}`);

test("of forty requests at once three are shown, and each of the others when one has gone", async () => {
  const { notifier, told, asked, seen, press } = desktop();
  const { notifying } = listen(notifier);
  for (let i = 0; i < 40; i++) notifying.hear({ kind: "request", request: pushRequest(`r${i}`) });
  await vi.waitFor(() => expect([...asked.keys()]).toEqual(titles(0, 3)));
  expect(told.filter(({ title }) => title.includes("more login request"))).toHaveLength(1);
  // one that was withdrawn before it was shown never is
  notifying.hear({ kind: "gone", request: pushRequest("r20"), reason: "withdrawn" });
  const ways = [
    (id: string) => press(`Login ${id}`, "approve"),
    (id: string) => press(`Login ${id}`, null),
    (id: string) => notifying.hear({ kind: "gone", request: pushRequest(id), reason: "withdrawn" }),
  ];
  for (let i = 0; i < 40; i++) {
    if (i === 20) continue;
    await vi.waitFor(() => expect(asked.has(`Login r${i}`)).toBe(true));
    expect(asked.size).toBeLessThanOrEqual(3);
    ways[i % ways.length]?.(`r${i}`);
  }
  expect(seen).toEqual(titles(0, 40).filter((title) => title !== "Login r20"));
  await notifying.end();
});

test("of forty requests in turn that need fob three are told, until one of them has gone", async () => {
  const { notifier, told } = desktop();
  const { notifying } = listen(notifier);
  const request = (i: number) => pushRequest(`r${i}`, { isQuick: false });
  const logins = () => told.map(({ title }) => title).filter((title) => title.startsWith("Login"));
  for (let i = 0; i < 40; i++) {
    notifying.hear({ kind: "request", request: request(i) });
    await new Promise(setImmediate);
  }
  expect(logins()).toEqual(titles(0, 3));
  notifying.hear({ kind: "gone", request: request(1), reason: "expired" });
  await vi.waitFor(() => expect(logins()).toEqual(titles(0, 4)));
  await notifying.end();
  expect(logins()).toEqual(titles(0, 4));
});

test("only a button answers: who dismisses a question has said nothing", async () => {
  const { notifier, asked, press } = desktop();
  const { notifying, answers } = listen(notifier);
  for (const [id, button] of [
    ["r0", null],
    ["r1", "deny"],
    ["r2", "approve"],
  ] as const) {
    notifying.hear({ kind: "request", request: pushRequest(id) });
    await vi.waitFor(() => expect(asked.has(`Login ${id}`)).toBe(true));
    press(`Login ${id}`, button);
  }
  await notifying.end();
  expect(answers.map(({ kind }) => kind)).toEqual(["deny", "approve"]);
});

test.each([
  ["whose token has a PIN", true, {}],
  ["whose issuer does not let it", false, { isQuick: false }],
  ["that wants a choice", false, { options: ["17", "42"] }],
])("a request %s is told and has no buttons", async (_, isGuarded, more) => {
  const { notifier, told, seen } = desktop();
  const { notifying } = listen(notifier, isGuarded);
  notifying.hear({ kind: "request", request: pushRequest("r0", more) });
  await vi.waitFor(() => expect(told.map(({ title }) => title)).toEqual(["Login r0"]));
  await notifying.end();
  expect(seen).toEqual([]);
});

test("what a server says is shown without what could harm, and not without end", async () => {
  const { notifier, told } = desktop();
  const { notifying } = listen(notifier);
  const words = { title: "\u001b[2J\u202e", question: "x".repeat(2_000), isQuick: false };
  notifying.hear({ kind: "request", request: pushRequest("r0", words) });
  await vi.waitFor(() => expect(told).toHaveLength(1));
  await notifying.end();
  expect(told[0]?.title).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  expect(told[0]?.body.split("\n")[0]).toBe(`${"x".repeat(240)}…`);
});

test("what shows nothing is not asked once more for each request that waits", async () => {
  const ask = vi.fn(() => Promise.reject(new FobError("unavailable", "no desktop")));
  const { notifying, troubles } = listen({ ...desktop().notifier, ask });
  for (let i = 0; i < 40; i++) notifying.hear({ kind: "request", request: pushRequest(`r${i}`) });
  await notifying.end();
  expect(troubles).toHaveLength(1);
  expect(ask.mock.calls.length).toBeLessThanOrEqual(6);
});
