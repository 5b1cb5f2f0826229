import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { defineConfig, type Plugin } from "vitest/config";
import { ClosingLine } from "./test/closing-line.ts";

const { version } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"));

/** The completion scripts are part of the program as texts (scripts/build.mjs). */
const textFiles: Plugin = {
  name: "text files",
  enforce: "pre",
  load: (path) =>
    /[\\/]completions[\\/][^\\/]+$/.test(path)
      ? `export default ${JSON.stringify(readFileSync(path, "utf8"))}`
      : null,
};

/** Where tests run the whole program, each file of them in a process of its own. */
const WITH_PROCESSES = [
  "test/docs",
  "test/e2e",
  "test/fuzz",
  "test/strangers",
  "test/system",
  "test/torture",
];

export default defineConfig(({ mode }) => ({
  plugins: [textFiles],
  define: { FOB_VERSION: JSON.stringify(version) },
  test: {
    setupFiles: ["test/stretched-once.ts"],
    projects: [
      {
        extends: true,
        // a project has none of --mode by itself, which says how much torture and fuzz do
        mode,
        test: {
          name: "rooms",
          include: ["test/**/*.test.ts"],
          exclude: WITH_PROCESSES.map((folder) => `${folder}/**`),
          // loads what they test once for all files
          isolate: false,
        },
      },
      {
        extends: true,
        // a project has none of --mode by itself, which says how much torture and fuzz do
        mode,
        test: {
          name: "program", isolate: false,
          include: WITH_PROCESSES.map((folder) => `${folder}/**/*.test.ts`),
        },
      },
    ],
    // most of the time goes to programs that wait for each other: one worker, which Vitest takes on
    // two cores, leaves half of them idle
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // every test starts programs of its own, and a machine with two cores has to run them
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ["default", new ClosingLine()],
    // scripts/coverage.mjs prints the figures of each room
    coverage: { provider: "v8", include: ["src/**"], reporter: ["json-summary", "html"] },
  },
}));
