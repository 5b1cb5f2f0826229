import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { ClosingLine } from "./test/closing-line.ts";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // most of the time goes to programs that wait for each other: one worker, which Vitest takes on two cores, leaves half of them idle
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // every test starts programs of its own, and a machine with two cores has to run them
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ["default", new ClosingLine()],
  },
});
