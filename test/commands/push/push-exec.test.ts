import { expect, test } from "vitest";
import { FobError } from "#base/fob-error.ts";
import { type Deciding, ProgramDecisions } from "#commands/push/push-exec.ts";
import type { PushRequest } from "#push/push-request.ts";
import { pins } from "../../push/inbox-bench.ts";

const LISTENING = { answer: async () => ({ isAccepted: true }) };

function requestOf(id: string, milliseconds: number): PushRequest {
  return {
    ...{ id, tokenId: "t", token: "ACME", title: "", question: id, server: "acme.test" },
    receivedAt: new Date(),
    expiresAt: new Date(Date.now() + milliseconds),
    ...{ options: [], isQuick: false },
  };
}

/** Programs that hang until they are ended. */
function hangingPrograms() {
  const runs = { now: 0, most: 0, all: 0 };
  const told: string[] = [];
  const deciding: Deciding = {
    program: "decide",
    atOnce: 16,
    pinPrompt: pins(),
    now: () => new Date(),
    tell: (text) => void told.push(text),
    fail: () => undefined,
    askProgram: (_, { signal }) => {
      runs.all++;
      runs.most = Math.max(runs.most, ++runs.now);
      return new Promise((resolve) =>
        signal.addEventListener("abort", () => {
          runs.now--;
          resolve({ exitCode: null, line: "" });
        }),
      );
    },
  };
  return { runs, told, deciding };
}

test("no more than 16 programs run at once, and each ends when its request expires", async () => {
  const { runs, told, deciding } = hangingPrograms();
  const decisions = new ProgramDecisions(LISTENING, deciding);
  for (let i = 0; i < 16; i++)
    decisions.hear({ kind: "request", request: requestOf(`short ${i}`, 100) });
  for (let i = 0; i < 16; i++)
    decisions.hear({ kind: "request", request: requestOf(`long ${i}`, 60_000) });
  expect(runs).toEqual({ now: 16, most: 16, all: 16 });
  await expect.poll(() => runs.all).toBe(32);
  expect([runs.most, told.length]).toEqual([16, 16]);
  expect(told).toContain("short 0 waits on: decide took too long");
  await decisions.end();
  expect([runs.now, told.length]).toEqual([0, 16]);
});

test("a request that was answered elsewhere ends its program, or never gets one", async () => {
  const { runs, told, deciding } = hangingPrograms();
  const decisions = new ProgramDecisions(LISTENING, deciding);
  const requests = Array.from({ length: 17 }, (_, i) => requestOf(`r${i}`, 60_000));
  for (const request of requests) decisions.hear({ kind: "request", request });
  for (const request of requests.toReversed())
    decisions.hear({ kind: "gone", request, reason: "withdrawn" });
  await decisions.end();
  expect([runs.all, told]).toEqual([16, []]);
});

test("a program that cannot be started ends the listening with its error", async () => {
  const { deciding } = hangingPrograms();
  let failures = 0;
  const error = new FobError("unavailable", "decide cannot be run");
  const decisions = new ProgramDecisions(LISTENING, {
    ...deciding,
    askProgram: () => Promise.reject(error),
    fail: () => void failures++,
  });
  decisions.hear({ kind: "request", request: requestOf("r", 60_000) });
  await expect.poll(() => failures).toBe(1);
  await expect(decisions.end()).rejects.toBe(error);
});
