import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { configDefaults, defineConfig, type Plugin, type ViteUserConfig } from "vitest/config";
import { ClosingLine } from "./test/closing-line.ts";
import { SlowestFiles } from "./test/slowest-files.ts";

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

/**
 * Files whose process nobody else may have used: the native part of the keychain remembers the
 * first bus that it could not reach.
 */
const ALONE = ["test/system/key-store.test.ts"];

export default defineConfig(({ mode }) => {
  // Node reads them at each start, which takes four times as long as the rest of its start. Only
  // what installs packages, which is torture, needs a registry that they may vouch for.
  if (mode !== "torture") delete process.env["NODE_EXTRA_CA_CERTS"];
  return configuration(mode);
});

const configuration = (mode: string): ViteUserConfig => ({
  plugins: [textFiles],
  define: { FOB_VERSION: JSON.stringify(version) },
  test: {
    // programs under test have homes of their own, where nothing else is expected
    env: { NODE_DISABLE_COMPILE_CACHE: "1" },
    setupFiles: [
      "test/processor-time.ts",
      "test/least-costs.ts",
      "test/stretched-once.ts",
      "test/rsa-keys-again.ts",
    ],
    projects: [
      {
        extends: true,
        // a project has none of --mode by itself, which says how much torture and fuzz do
        mode,
        test: {
          name: "together",
          include: ["test/**/*.test.ts"],
          exclude: [...configDefaults.exclude, ...ALONE],
          // the program is loaded once for all files of a worker, not in a second of each one
          isolate: false,
        },
      },
      { extends: true, mode, test: { name: "alone", include: ALONE } },
    ],
    // much of the time goes to programs that wait for each other: as many workers as there are cores
    // leave a quarter of them idle
    maxWorkers: availableParallelism() + 1,
    // every test starts programs of its own, and a machine with two cores has to run them
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ["default", new SlowestFiles(20), new ClosingLine()],
    // scripts/coverage.mjs prints the figures of each room
    coverage: { provider: "v8", include: ["src/**"], reporter: ["json-summary", "html"] },
  },
});
