import { expect, test } from "vitest";
import type { AgentStatus } from "#agent/protocol/protocol.ts";
import { agentStatus } from "#commands/agent/agent-status.ts";
import { agentStop } from "#commands/agent/agent-stop.ts";
import { lock } from "#commands/agent/lock.ts";

const STATUS: AgentStatus = {
  pid: 7,
  socket: "/run/fob",
  vault: "0".repeat(32),
  unlockedAt: "2026-01-01T00:00:00.000Z",
  endsAt: "2026-01-01T08:00:00.000Z",
  idleSeconds: 3_600,
  push: null,
};

test.each([
  [STATUS, 0, { running: true, ...STATUS }],
  [null, 8, { running: false }],
])("the status %o ends with exit code %i", async (status, exitCode, json) => {
  const report = { status, stranger: null };
  const result = await agentStatus.run({}, { agent: async () => ({ report: async () => report }) });
  expect(agentStatus.exitCode?.(result)).toBe(exitCode);
  expect(agentStatus.json(result)).toEqual(json);
});

test.each([
  [true, ["locked"], ["the agent has ended"]],
  [false, ["nothing was unlocked"], ["no agent was running"]],
])("an agent that ran (%o) is said to have ended", async (wasRunning, locked, ended) => {
  const context = { agent: async () => ({ stop: async () => ({ wasRunning, stranger: null }) }) };
  expect(lock.notes?.(await lock.run({}, context))).toEqual(locked);
  expect(agentStop.notes?.(await agentStop.run({}, context))).toEqual(ended);
});

test("a program that answers in the agent's place is named", async () => {
  const ending = { wasRunning: false, stranger: "/tmp/other" };
  const context = { agent: async () => ({ stop: async () => ending }) };
  expect(lock.notes?.(await lock.run({}, context))[0]).toContain("/tmp/other");
});
