import { describe, expect, test } from "vitest";
import type { PushAnswer } from "#token/push-answer.ts";
import { inboxBench, pins } from "../inbox-bench.ts";
import { FOREIGN_KEYS, type WireChallenge, type Wording } from "../privacyidea-server.ts";

const NOBODY = pins();
const APPROVE = { kind: "approve", choice: null } as const;
const refused = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

describe("a login request of privacyIDEA", () => {
  test("is shown once its signature holds, with what the server says and when it ends", async () => {
    const { server, token, inbox } = await inboxBench();
    const { nonce } = server.challenge({ title: "Wiki", question: "Log in?" });
    const { requests, refusals, clockOffsetSeconds } = await inbox.poll(token.id);
    expect(requests).toEqual([
      expect.objectContaining({
        token: "ACME",
        title: "Wiki",
        question: "Log in?",
        options: [],
        isQuick: true,
        server: server.url.host,
      }),
    ]);
    expect([refusals, Math.abs(clockOffsetSeconds ?? 99) <= 2]).toEqual([[], true]);
    const [request] = requests;
    expect(request?.id).toMatch(/^[0-9a-f]{12}$/);
    expect(request && request.expiresAt.getTime() - request.receivedAt.getTime()).toBe(120_000);
    expect(JSON.stringify(requests)).not.toContain(nonce);
  });

  test.each<[string, PushAnswer, Wording, Record<string, string>, string]>([
    ["approved", APPROVE, {}, {}, ""],
    [
      "approved with the number that the login page shows",
      { kind: "approve", choice: "42" },
      { options: "17,42,99" },
      { presence_answer: "42" },
      "42",
    ],
    [
      "approved with an option that its administrator put a blank before",
      { kind: "approve", choice: "blue" },
      { options: "red, blue" },
      { presence_answer: " blue" },
      " blue",
    ],
    [
      "denied at an older server",
      { kind: "deny", isReport: false },
      {},
      { decline: "1" },
      "decline",
    ],
    [
      "denied",
      { kind: "deny", isReport: false },
      { capabilities: { decline_reason: true } },
      { decline: "1", decline_reason: "cancelled" },
      "decline|cancelled",
    ],
    [
      "reported",
      { kind: "deny", isReport: true },
      { capabilities: { zebra: 1, decline_reason: true, a: "é" } },
      { decline: "1", decline_reason: "unknown_trigger" },
      "decline|unknown_trigger",
    ],
    [
      "reported at an older server, which only hears a denial",
      { kind: "deny", isReport: true },
      { capabilities: { decline_reason: false } },
      { decline: "1" },
      "decline",
    ],
  ])("is %s", async (_, answer, { capabilities, ...wording }, fields, signed) => {
    const { server, token, inbox } = await inboxBench();
    // canonical JSON has its names in order
    server.challenge({
      ...wording,
      ...(capabilities ? { capabilities: inOrder(capabilities) } : {}),
    });
    const [request] = (await inbox.poll(token.id)).requests;
    const outcome = await inbox.answer(request?.id ?? "", answer, NOBODY);
    expect(outcome.isAccepted).toBe(true);
    expect(server.complaints).toEqual([]);
    expect(server.answers).toEqual([expect.objectContaining({ ...fields, signed })]);
    const sent = Object.keys(server.answers[0] ?? {}).filter(
      (name) => !["serial", "signature", "nonce", "signed"].includes(name),
    );
    expect(sent.sort()).toEqual(Object.keys(fields).sort());
    expect((await inbox.poll(token.id)).requests).toEqual([]);
  });

  test("whose capabilities were written in another order is checked by canonical JSON", async () => {
    const { server, token, inbox } = await inboxBench();
    const challenge = server.sign({
      capabilities: { decline_reason: true, zebra: [1, { b: 2, c: 1e21 }] },
    });
    server.challenges = [
      { ...challenge, capabilities: ' {"zebra": [1.0, {"c":1e21,"b":2}],"decline_reason" : true}' },
    ];
    expect((await inbox.poll(token.id)).requests).toHaveLength(1);
  });

  test("brings the code that the login page wants when it is approved", async () => {
    const { server, token, inbox } = await inboxBench();
    server.challenge();
    server.verdict = {
      value: true,
      detail: { display_code: "123\u001b[2J456", message: "type it" },
    };
    const [request] = (await inbox.poll(token.id)).requests;
    expect(await inbox.answer(request?.id ?? "", APPROVE, NOBODY)).toEqual({
      isAccepted: true,
      displayCode: "123\\x1b[2J456",
      message: "type it",
    });
  });

  test("brings that code also where the server told it before, and signed it", async () => {
    const { server, token, inbox } = await inboxBench();
    server.challenge({ code: "471108" });
    server.challenges.push({ ...server.sign({ code: "471108" }), display_code: "999999" });
    const { requests, refusals } = await inbox.poll(token.id);
    expect([requests.length, refusals]).toEqual([1, [expect.stringContaining("did not sign it")]]);
    expect(JSON.stringify(requests)).not.toContain("471108");
    expect(await inbox.answer(requests[0]?.id ?? "", APPROVE, NOBODY)).toEqual({
      isAccepted: true,
      displayCode: "471108",
    });
  });

  test("that offers numbers is not approved without one, or with one that is not offered", async () => {
    const { server, token, inbox } = await inboxBench();
    server.challenge({ options: "17,42" });
    const [request] = (await inbox.poll(token.id)).requests;
    expect([request?.options, request?.isQuick]).toEqual([["17", "42"], false]);
    for (const choice of [null, "18", ""]) {
      const answer = inbox.answer(request?.id ?? "", { kind: "approve", choice }, NOBODY);
      await expect(answer).rejects.toEqual(refused("usage", /one of 17, 42 must be chosen/));
    }
    expect(server.answers).toEqual([]);
  });

  test("that offers nothing is not approved with a choice", async () => {
    const { server, token, inbox } = await inboxBench();
    server.challenge();
    const [request] = (await inbox.poll(token.id)).requests;
    const answer = inbox.answer(request?.id ?? "", { kind: "approve", choice: "17" }, NOBODY);
    await expect(answer).rejects.toEqual(refused("usage", /nothing to choose from/));
    expect(server.answers).toEqual([]);
  });

  test("that is denied brings no code for the login page", async () => {
    const { server, token, inbox } = await inboxBench();
    server.challenge({ code: "471108" });
    const [request] = (await inbox.poll(token.id)).requests;
    expect(
      await inbox.answer(request?.id ?? "", { kind: "deny", isReport: false }, NOBODY),
    ).toEqual({
      isAccepted: true,
    });
  });

  test.each([1, "true", {}, null])("is not taken by a server that says %j", async (value) => {
    const { server, token, inbox } = await inboxBench();
    server.challenge();
    server.verdict = { value };
    const [request] = (await inbox.poll(token.id)).requests;
    expect(await inbox.answer(request?.id ?? "", APPROVE, NOBODY)).toEqual({ isAccepted: false });
  });

  test("that the server does not take any more is not approved", async () => {
    const { server, token, inbox } = await inboxBench();
    server.challenge();
    server.verdict = { value: false };
    const [request] = (await inbox.poll(token.id)).requests;
    expect(await inbox.answer(request?.id ?? "", APPROVE, NOBODY)).toEqual({ isAccepted: false });
    await expect(inbox.answer(request?.id ?? "", APPROVE, NOBODY)).rejects.toEqual(
      refused("rejected", /approved already/),
    );
  });
});

describe("dropped before anybody sees it is a request", () => {
  const alter = (change: WireChallenge) => (challenge: WireChallenge) => ({
    ...challenge,
    ...change,
  });

  test.each([
    ["with another question", alter({ question: "Give me money?" }), /did not sign it/],
    ["with another title", alter({ title: "Bank" }), /did not sign it/],
    ["for another address", alter({ url: "https://evil.example.test/" }), /did not sign it/],
    ["that says not to check certificates", alter({ sslverify: "0" }), /did not sign it/],
    ["with another nonce", alter({ nonce: "AAAAAAAAAAAAAAAA" }), /did not sign it/],
    ["with numbers to choose from put in", alter({ require_presence: "1,2" }), /did not sign it/],
    ["whose signature is no Base32", alter({ signature: "!!!" }), /did not sign it/],
    ["without a signature", alter({ signature: "" }), /did not sign it/],
    ["with an endless signature", alter({ signature: "A".repeat(100_000) }), /did not sign it/],
    [
      "with capabilities put in",
      alter({ capabilities: '{"decline_reason":true}', capabilities_signature: "AAAA" }),
      /was altered/,
    ],
    [
      "whose capabilities are no JSON",
      alter({ capabilities: "{", capabilities_signature: "AAAA" }),
      /was altered/,
    ],
  ] as const)("%s", async (_, change, reason) => {
    const { server, token, inbox } = await inboxBench();
    server.challenge({ question: "the good one" });
    server.challenges.push(change(server.sign()));
    const { requests, refusals } = await inbox.poll(token.id);
    expect(requests.map(({ question }) => question)).toEqual(["the good one"]);
    expect(refusals).toEqual([expect.stringMatching(reason)]);
  });

  test.each([
    ["without a nonce", ({ nonce: _, ...challenge }: WireChallenge) => challenge],
    ["that is no object", () => 42],
    ["with an endless question", alter({ question: "x".repeat(100_000) })],
  ] as const)("%s, as what a server should not send", async (_, change) => {
    const { server, token, inbox } = await inboxBench();
    server.challenge({ question: "the good one" });
    server.challenges.push(change(server.sign()));
    const { requests, refusals, garbage } = await inbox.poll(token.id);
    expect(requests.map(({ question }) => question)).toEqual(["the good one"]);
    expect([refusals, garbage]).toEqual([[], `${server.url.host} lists what is no login request`]);
  });

  test.each([
    [
      "signed with the key of another server",
      { key: FOREIGN_KEYS.privateKey, wording: {} },
      /did not sign it/,
    ],
    ["for another token", { key: undefined, wording: { serial: "PIPU9999" } }, /for another token/],
    [
      "that offers more than twenty to choose from",
      { key: undefined, wording: { options: Array.from({ length: 21 }, (_, i) => i).join(",") } },
      /too much to choose from/,
    ],
  ])("%s", async (_, { key, wording }, reason) => {
    const { server, token, inbox } = await inboxBench();
    server.challenge(wording, key);
    expect(await inbox.poll(token.id)).toMatchObject({
      requests: [],
      refusals: [expect.stringMatching(reason)],
    });
  });

  test("that comes twice at once, the second time", async () => {
    const { server, token, inbox } = await inboxBench();
    server.challenges.push(server.challenge({ question: "once" }));
    const { requests, refusals } = await inbox.poll(token.id);
    expect([requests.length, refusals]).toEqual([1, [expect.stringMatching(/twice/)]]);
  });

  test("that was answered, when somebody sends it again", async () => {
    const { server, token, inbox, newInbox } = await inboxBench();
    const challenge = server.challenge();
    const [request] = (await inbox.poll(token.id)).requests;
    await inbox.answer(request?.id ?? "", APPROVE, NOBODY);
    server.challenges = [challenge];
    for (const later of [inbox, newInbox()]) {
      expect(await later.poll(token.id)).toMatchObject({
        requests: [],
        refusals: [expect.stringMatching(/answered already/)],
      });
      await expect(later.answer(request?.id ?? "", APPROVE, NOBODY)).rejects.toEqual(
        refused("not-found", /waits for an answer/),
      );
    }
    expect(server.answers).toHaveLength(1);
  });

  test("that has expired, although its server still sends it", async () => {
    const { server, token, inbox, clock } = await inboxBench();
    server.challenge();
    const [request] = (await inbox.poll(token.id)).requests;
    clock.ahead = server.clockOffset = 121;
    await expect(inbox.answer(request?.id ?? "", APPROVE, NOBODY)).rejects.toEqual(
      refused("rejected", /expired/),
    );
    // its administrator may have set a longer time for answers, but not that long
    expect(await inbox.poll(token.id)).toMatchObject({ requests: [], refusals: [] });
    clock.ahead = server.clockOffset = 601;
    expect(await inbox.poll(token.id)).toMatchObject({
      requests: [],
      refusals: [expect.stringMatching(/has expired/)],
    });
    expect(server.answers).toEqual([]);
  });

  test("beyond a thousand at once", async () => {
    const { server, token, inbox } = await inboxBench();
    const challenge = server.sign();
    server.challenges = Array(1_500).fill(challenge);
    const { requests, refusals } = await inbox.poll(token.id);
    expect(requests).toHaveLength(1);
    expect(refusals).toContain("500 requests were dropped: no more than 1000 are looked at");
    server.challenges = [
      server.sign({ question: "old" }),
      ...Array(1_000).fill(server.sign({ question: "new" })),
    ];
    expect((await inbox.poll(token.id)).requests.map(({ question }) => question)).toEqual(["new"]);
  });
});

describe("a server of privacyIDEA", () => {
  test("that swaps its key is not believed", async () => {
    const { server, token, inbox } = await inboxBench();
    server.challenge();
    expect((await inbox.poll(token.id)).requests).toHaveLength(1);
    server.challenges = [];
    server.challenge({}, FOREIGN_KEYS.privateKey);
    expect((await inbox.poll(token.id)).requests).toEqual([]);
  });

  test.each([
    [
      "an endless reply",
      (_: unknown, write: (bytes: Buffer) => void) => endless(write),
      "unavailable",
      /sends more than/,
    ],
    [
      "100 MB at once",
      (_: unknown, write: (bytes: Buffer) => void) => write(Buffer.alloc(100_000_000, "[")),
      "unavailable",
      /sends more than/,
    ],
    [
      "no JSON",
      (end: (text: string) => void) => end("<html>"),
      "unavailable",
      /answers what no privacyIDEA server does/,
    ],
    [
      "JSON of another kind",
      (end: (text: string) => void) => end('{"result":[]}'),
      "unavailable",
      /answers what no privacyIDEA/,
    ],
    [
      "deep JSON",
      (end: (text: string) => void) => end("[".repeat(1_000_000)),
      "unavailable",
      /answers what no privacyIDEA/,
    ],
    [
      "no list",
      (end: (text: string) => void) => end('{"result":{"status":true,"value":{}}}'),
      "unavailable",
      /is none/,
    ],
  ] as const)("that sends %s does no harm", async (_, send, code, reason) => {
    const { server, token, inbox } = await inboxBench();
    server.intercept = (_request, response) => {
      (send as (...ways: unknown[]) => void)(
        (text: string) => response.end(text),
        (bytes: Buffer) => response.write(bytes),
      );
      return true;
    };
    await expect(inbox.poll(token.id)).rejects.toEqual(refused(code, reason));
  });

  test("that sends the client elsewhere is not followed", async () => {
    const { server, token, inbox } = await inboxBench();
    server.intercept = (_, response) => {
      response.writeHead(307, { location: "https://evil.example.test/ttype/push" }).end();
      return true;
    };
    await expect(inbox.poll(token.id)).rejects.toEqual(
      refused("rejected", /redirects to evil\.example\.test/),
    );
  });

  test("refuses in its own words, none of which reaches the terminal as it is", async () => {
    const { server, token, inbox } = await inboxBench();
    server.intercept = (_, response) => {
      response.statusCode = 403;
      response.end(
        JSON.stringify({ result: { status: false, error: { message: "\u001b]0;x\u0007no" } } }),
      );
      return true;
    };
    const refusal = await inbox.poll(token.id).catch((error: unknown) => error);
    expect(refusal).toEqual(refused("rejected", /refuses: \\x1b\]0;x\\x07no$/));
    // its clock is right, and so is not blamed
    expect(refusal).not.toHaveProperty("hint", expect.any(String));
  });

  test.each([
    [403, "rejected"],
    [429, "unavailable"],
    [500, "unavailable"],
    [503, "unavailable"],
  ] as const)(
    "that answers with status %i is not believed, whatever it says",
    async (status, code) => {
      const { server, token, inbox } = await inboxBench();
      server.intercept = (_, response) => {
        response
          .writeHead(status)
          .end(JSON.stringify({ result: { status: true, value: [server.sign()] } }));
        return true;
      };
      await expect(inbox.poll(token.id)).rejects.toMatchObject({ code });
    },
  );

  test.each([
    [404, "unavailable"],
    [405, "unavailable"],
    [410, "unavailable"],
    [401, "rejected"],
    [403, "rejected"],
  ] as const)("that is not privacyIDEA and answers with status %i: %s", async (status, code) => {
    const { server, token, inbox } = await inboxBench();
    server.intercept = (_, response) => response.writeHead(status).end("<html>").writableEnded;
    await expect(inbox.poll(token.id)).rejects.toEqual(
      refused(code, new RegExp(`answers with status ${status}$`)),
    );
  });

  test("is asked a new question by a clock that was set back", async () => {
    const { server, token, inbox, clock } = await inboxBench();
    const questions = new Set<string>();
    server.intercept = ({ url = "" }) => questions.add(url).size === 0;
    await inbox.poll(token.id);
    clock.ahead = -20;
    await inbox.poll(token.id);
    expect(questions.size).toBe(2);
  });

  test("is asked the same signed question for ten seconds, and a new one after it refused", async () => {
    const { server, token, inbox, clock } = await inboxBench();
    const questions: string[] = [];
    let isRefusing = false;
    server.intercept = ({ url = "" }, response) => {
      questions.push(url);
      return isRefusing && response.writeHead(400).end("{}").writableEnded;
    };
    await inbox.poll(token.id);
    await inbox.poll(token.id);
    clock.ahead = 10;
    await inbox.poll(token.id);
    isRefusing = true;
    await expect(inbox.poll(token.id)).rejects.toMatchObject({ code: "rejected" });
    isRefusing = false;
    clock.ahead = 11;
    await inbox.poll(token.id);
    expect(questions.map((url) => questions.indexOf(url))).toEqual([0, 0, 2, 2, 4]);
  });

  test("is asked a new question each time by a clock that is almost too far off", async () => {
    const { server, token, inbox } = await inboxBench();
    server.clockOffset = 45;
    const questions = new Set<string>();
    server.intercept = ({ url = "" }) => questions.add(url).size === 0;
    for (let i = 0; i < 3; i++) await inbox.poll(token.id);
    expect(questions.size).toBe(3);
  });

  test("tells how far off the clock is, and the refusal of a wrong one says why", async () => {
    const { server, token, inbox, clock } = await inboxBench();
    clock.ahead = 40;
    const { clockOffsetSeconds } = await inbox.poll(token.id);
    expect(clockOffsetSeconds).toBeGreaterThanOrEqual(39);
    expect(clockOffsetSeconds).toBeLessThanOrEqual(42);
    clock.ahead = 0;
    server.clockOffset = 90;
    await expect(inbox.poll(token.id)).rejects.toMatchObject({
      code: "rejected",
      hint: expect.stringMatching(
        /^this machine's clock is (?:89|9[01]) s behind the server's: set it right$/,
      ),
    });
  });
});

function inOrder(capabilities: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(capabilities).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function endless(write: (bytes: Buffer) => void): void {
  let left = 1_000;
  const timer = setInterval(() => {
    for (let i = 0; i < 10; i++) write(Buffer.alloc(65_536, " "));
    if (left-- === 0) clearInterval(timer);
  }, 1);
  timer.unref();
}
