// Builds dist/: the fast path as one CommonJS file, everything else as ES modules that are loaded when they are needed.
import { spawnSync } from "node:child_process";
import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { LOADERS } from "./loaders.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const { version } = JSON.parse(await readFile(`${root}/package.json`, "utf8"));

/** @satisfies {import("esbuild").BuildOptions} */
const common = /** @type {const} */ ({
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  target: "node20.19",
  define: { FOB_VERSION: JSON.stringify(version) },
  logLevel: "warning",
});

await rm(`${root}/dist`, { recursive: true, force: true });
await Promise.all([
  build({
    ...common,
    format: "cjs",
    entryPoints: {
      fob: "src/fast.ts",
      "quick-listing": "src/quick-listing.ts",
      "quick-passcodes": "src/quick-passcodes.ts",
    },
    external: ["./main.js", "./quick-listing.cjs", "./quick-passcodes.cjs"],
    outdir: "dist",
    outExtension: { ".js": ".cjs" },
  }),
  build({
    ...common,
    format: "esm",
    splitting: true,
    packages: "external",
    loader: LOADERS,
    chunkNames: "parts/[name]-[hash]",
    entryPoints: {
      main: "src/main.ts",
      "clear-clipboard": "src/platform/clipboard/clear-clipboard.ts",
      "decode-picture": "src/decode-picture.ts",
      "serve-agent": "src/serve-agent.ts",
    },
    outdir: "dist",
  }),
]);

await cp(`${root}/shell`, `${root}/dist/shell`, { recursive: true });

// the help page is what the whole program says, so that the fast path need not load it to say the same
const { stdout, status } = spawnSync(process.execPath, [`${root}/dist/main.js`, "--help"], {
  env: { ...process.env, FOB_LANG: "en" },
  stdio: ["ignore", "pipe", "inherit"],
});
if (status !== 0) throw new Error("the program that was built shows no help");
await writeFile(`${root}/dist/help.txt`, stdout);
