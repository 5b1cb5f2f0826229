import { closeSync, openSync } from "node:fs";
import { expect, test } from "vitest";
import { startAgentProcess } from "#platform/agent/agent-process.ts";

test.skipIf(process.platform === "win32")(
  "an agent that there are no descriptors for cannot be started, and nothing else breaks",
  async () => {
    const held: number[] = [];
    try {
      expect(() => {
        for (;;) held.push(openSync("/dev/null", "r"));
      }).toThrow("EMFILE");
      await expect(startAgentProcess("", Buffer.from("order"), {})).rejects.toMatchObject({
        code: "unavailable",
        message: "the agent cannot be started, or ended at once",
      });
    } finally {
      held.forEach(closeSync);
    }
  },
);

test("an agent that says nothing and ends could not be started", async () => {
  await expect(
    startAgentProcess("/nonexistent/agent.cjs", Buffer.from("order"), process.env),
  ).rejects.toMatchObject({ code: "unavailable" });
});
