import { defineConfig } from "vitest/config";
import { ClosingLine } from "./test/closing-line.ts";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // every test starts programs of its own, and a machine with two cores has to run them
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ["default", new ClosingLine()],
  },
});
