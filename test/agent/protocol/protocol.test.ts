import { describe, expect, test } from "vitest";
import { fromPlain, toPlain } from "#agent/protocol/command-protocol.ts";
import { type AgentOrder, decodeOrder, encodeOrder } from "#agent/protocol/order.ts";
import {
  decodeEntries,
  decodeReply,
  decodeResponse,
  decodeState,
  encodeReply,
  languageOfRequest,
  parseRequest,
} from "#agent/protocol/protocol.ts";
import {
  decodeDenials,
  decodeMemory,
  decodeOutcome,
  decodePoll,
  encodeDenials,
  encodeGarbage,
  encodeOutcome,
  encodeRefusals,
} from "#agent/protocol/push-protocol.ts";
import { FobError } from "#base/fob-error.ts";
import { original, toldBefore } from "#base/language.ts";

const refusal = (where: string) =>
  expect.objectContaining({ code: "usage", message: `the request has a wrong "${where}"` });
const STRANGE = expect.objectContaining({
  code: "unavailable",
  message: expect.stringContaining("makes no sense"),
});
const parse = (request: object) => parseRequest(JSON.stringify(request));

describe("a request", () => {
  test.each<[string, number, (text: string) => object]>([
    ["name", 4096, (name) => ({ do: "code", name })],
    ["pin", 1024, (pin) => ({ do: "code", name: "vpn", pin })],
    ["challenge", 4096, (challenge) => ({ do: "challenge", name: "vpn", challenge })],
    ["choice", 4096, (choice) => ({ do: "push-answer", id: "1", answer: "approve", choice })],
  ])("has a %s of at most %i characters", (where, most, make) => {
    expect(parse(make("x".repeat(most)))).toMatchObject(make("x".repeat(most)));
    expect(() => parse(make("x".repeat(most + 1)))).toThrow(refusal(where));
  });

  test("has at most 10,000 words for one option of a command, of 4,096 characters each", () => {
    const make = (ids: readonly string[]) => ({
      do: "command",
      name: "x",
      interactive: true,
      input: { ids },
    });
    const most = Array.from({ length: 10_000 }, () => "");
    expect(parse(make(most))).toEqual({ ...make(most), canAsk: true });
    expect(parse(make(["x".repeat(4096)]))).toMatchObject({ do: "command" });
    expect(() => parse(make([...most, ""]))).toThrow(refusal("input.ids"));
    expect(() => parse(make(["x".repeat(4097)]))).toThrow(refusal("input.ids.0"));
  });

  test("denies at most fifty login requests, and reports none that it does not say", () => {
    const ids = Array.from({ length: 50 }, (_, i) => `id${i}`);
    expect(parse({ do: "push-deny", ids })).toEqual({ do: "push-deny", ids, report: false });
    expect(() => parse({ do: "push-deny", ids: [...ids, "one more"] })).toThrow(refusal("ids"));
  });

  test("has times with their zones, as they are in the calendar", () => {
    const at = (time: string) => () => parse({ do: "code", name: "vpn", at: time });
    expect(at("2026-01-01T00:00:00+01:00")()).toMatchObject({
      at: new Date("2025-12-31T23:00:00Z"),
    });
    for (const wrong of ["2026-01-01T00:00:00", "2026-02-30T00:00:00Z", "now", ""])
      expect(at(wrong)).toThrow(refusal("at"));
    expect(parse({ do: "code", name: "vpn", at: null })).toMatchObject({ at: null, pin: null });
  });

  test("of no object is none that is known, and what is no JSON is said to be none", () => {
    for (const line of ["[]", "7", "null"]) expect(() => parseRequest(line)).toThrow("the request");
    expect(() => parseRequest("{")).toThrow("the request is not JSON");
  });

  test("has a language of at most 32 characters, right or wrong as it is besides", () => {
    const long = "x".repeat(32);
    expect(languageOfRequest('{"language":"de","do":"nothing"}')).toBe("de");
    expect(languageOfRequest(JSON.stringify({ language: long }))).toBe(long);
    for (const line of [JSON.stringify({ language: `${long}x` }), '{"language":7}', '{"language"'])
      expect(languageOfRequest(line)).toBeNull();
    expect(languageOfRequest('{"do":"list"}')).toBeNull();
  });
});

describe("a reply", () => {
  test("brings counters as numbers as long as those are exact", () => {
    const most = BigInt(Number.MAX_SAFE_INTEGER);
    expect(encodeReply({ counter: most })).toBe(`{"ok":{"counter":${most}}}`);
    expect(encodeReply({ counter: most + 1n })).toBe(`{"ok":{"counter":"${most + 1n}"}}`);
    for (const counter of [most, most + 1n, null])
      expect(
        decodeResponse(decodeReply(encodeReply({ response: "1", counter })) as object),
      ).toEqual({ response: "1", counter });
  });

  test.each(["", "no JSON", "null", "7", '{"error":7}', '{"error":{"code":"other"}}'])(
    "that makes no sense is refused: %j",
    (line) => {
      expect(() => decodeReply(line)).toThrow(STRANGE);
    },
  );

  test("with tokens that make no sense is refused", () => {
    for (const json of [null, {}, [7], [{}]]) expect(() => decodeEntries(json)).toThrow(STRANGE);
    for (const json of [null, 7, {}, { token: {} }])
      expect(() => decodeState(json)).toThrow(STRANGE);
    expect(decodeEntries([])).toEqual([]);
  });
});

describe("login requests", () => {
  const request = {
    ...{ id: "1", token: "vpn", tokenId: "t", title: "T", question: "Q?", server: "s" },
    ...{ options: ["A", "B"], quick: true },
    ...{ receivedAt: "2026-01-01T00:00:00.000Z", expiresAt: "2026-01-01T00:02:00.000Z" },
  };

  test("come with their times, and with what was refused in the client's language", () => {
    const polled = { requests: [request], refusals: ["one", "two"], clockOffsetSeconds: 3 };
    const decoded = decodePoll(polled);
    expect(decoded).toMatchObject({ clockOffsetSeconds: 3, refusals: ["one", "two"] });
    expect(decoded.garbage).toBeNull();
    const garbled = decodePoll({ ...polled, garbage: "bad", localGarbage: "schlecht" });
    expect([garbled.garbage, original(garbled.garbage ?? "")]).toEqual(["schlecht", "bad"]);
    expect(decodePoll({ ...polled, ...encodeGarbage("bad") }).garbage).toBe("bad");
    expect(decodePoll({ ...polled, ...encodeGarbage(garbled.garbage) })).toEqual(garbled);
    const { quick: _, ...rest } = request;
    expect(decoded.requests).toEqual([
      {
        ...rest,
        isQuick: true,
        receivedAt: new Date(request.receivedAt),
        expiresAt: new Date(request.expiresAt),
      },
    ]);
    expect(decodePoll({ ...polled, localRefusals: ["eins"] }).refusals).toEqual(["eins", "two"]);
  });

  test("have texts in the client's language beside the English, where they have any", () => {
    expect(encodeRefusals([])).toEqual({ refusals: [] });
    expect(encodeRefusals(["one", "two"])).toEqual({ refusals: ["one", "two"] });
    const eins = toldBefore("eins von der Probe", "one of the test");
    expect(encodeRefusals(["zero", eins])).toEqual({
      refusals: ["zero", "one of the test"],
      localRefusals: ["zero", "eins von der Probe"],
    });
    const outcome = encodeOutcome({ isAccepted: true, message: eins });
    expect(outcome).toMatchObject({ message: "one of the test", localMessage: eins });
    const { message } = decodeOutcome(outcome);
    expect([message, original(message)]).toEqual(["eins von der Probe", "one of the test"]);
  });

  test.each([
    { isAccepted: true },
    { isAccepted: false, message: "too late" },
    { isAccepted: true, displayCode: "42", message: "type it" },
  ])("have an outcome that comes through: %j", (outcome) => {
    expect(decodeOutcome(encodeOutcome(outcome))).toEqual(outcome);
  });

  test("that could not be denied are told with their token and error", () => {
    const error = new FobError("unavailable", "no answer", { hint: "again" });
    const denials = { denied: ["1"], failures: [{ token: "vpn", error }] };
    const decoded = decodeDenials(JSON.parse(JSON.stringify(encodeDenials(denials))));
    expect(decoded.denied).toEqual(["1"]);
    expect(decoded.failures).toEqual([
      {
        token: "vpn",
        error: expect.objectContaining({
          code: "unavailable",
          message: "no answer",
          hint: "again",
        }),
      },
    ]);
    // an older agent
    expect(decodeDenials({ denied: ["2"] })).toEqual({ denied: ["2"], failures: [] });
  });

  test.each([
    ["approved", { kind: "approve", choice: "A" }],
    ["denied", { kind: "deny", isReport: false }],
    ["reported", { kind: "deny", isReport: true }],
    [null, null],
  ] as const)("are remembered with their answer: %s", (answer, given) => {
    const about = { id: "1", token: "vpn", title: "T", question: "Q?", server: "s" };
    const { receivedAt } = request;
    expect(decodeMemory({ ...about, receivedAt, answer, choice: "A", accepted: true })).toEqual({
      ...about,
      receivedAt: new Date(receivedAt),
      answer: given,
      isAccepted: true,
    });
  });
});

describe("what a command asks and gives", () => {
  test("comes through as it is", () => {
    const value = {
      at: new Date("2026-01-01T00:00:00Z"),
      counter: 2n ** 60n,
      list: [1n, null, true, "x", { deep: new Date(0) }],
      one: { $other: 1 },
      two: { $time: "x", $number: "y" },
    };
    expect(fromPlain(JSON.parse(JSON.stringify(toPlain(value))))).toEqual(value);
  });

  test("has errors in it with their exit codes", () => {
    const error = new FobError("usage", "no", { hint: "do", exitCode: 126 });
    const [back] = fromPlain(JSON.parse(JSON.stringify(toPlain([error])))) as FobError[];
    expect(back).toMatchObject({ code: "usage", message: "no", hint: "do", exitCode: 126 });
    expect(fromPlain({ $error: 7 })).toMatchObject({ code: "unavailable" });
  });
});

test("an order reaches its agent with the vault key, whatever bytes that has", () => {
  const order: AgentOrder = {
    ...{ home: "/home/ann/a\nb", vault: "0123", socket: "/run/s", link: null },
    ...{
      limits: { totalMs: 1, idleMs: 2 },
      push: true,
      notify: false,
      syncMs: null,
      pinentry: null,
    },
    locksWithScreen: true,
  };
  const vaultKey = Buffer.from("\n\u0000\nkey\n");
  expect(decodeOrder(encodeOrder(order, vaultKey))).toEqual({ order, vaultKey });
  const { limits: _, ...without } = order;
  expect(() => decodeOrder(Buffer.from(`${JSON.stringify(without)}\nkey`))).toThrow();
});
