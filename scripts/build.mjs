// Builds dist/, in CommonJS: Node's loader of ES modules takes a third of a bare start. The fast
// path is one file in which esbuild lets every module wait until it is needed. Everything else is
// in files that are loaded when they are needed; rolldown puts what most commands share into one of
// them, because each file costs something, whatever is in it.
import { spawnSync } from "node:child_process";
import crypto from "node:crypto";
import { cp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build as bundleFastPath } from "esbuild";
import { build as bundleProgram } from "rolldown";

const root = fileURLToPath(new URL("..", import.meta.url));
const { version, dependencies } = JSON.parse(await readFile(`${root}/package.json`, "utf8"));
const target = "node20.19";
const define = { FOB_VERSION: JSON.stringify(version) };

/** From this number of commands on that use a module, it is loaded with every command. */
const SHARED_BY = 10;

/** How the files of the fast path are bundled. */
const FAST_PATH = /** @type {const} */ ({
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  target,
  define,
  logLevel: "warning",
  format: "cjs",
  banner: { js: '"use strict";' },
  outdir: "dist",
  outExtension: { ".js": ".cjs" },
});

await rm(`${root}/dist`, { recursive: true, force: true });
const [program] = await Promise.all([
  bundleProgram({
    cwd: root,
    platform: "node",
    // what package.json does not depend on goes into the files
    external: Object.keys(dependencies).map((name) => new RegExp(`^${name}(?:/|$)`)),
    transform: { target, define },
    plugins: [textFiles(), withoutSubprograms()],
    input: {
      main: "src/entry/main.ts",
      "clear-clipboard": "src/entry/clear-clipboard.ts",
      "decode-picture": "src/entry/decode-picture.ts",
      "serve-agent": "src/entry/agent.ts",
    },
    output: {
      dir: "dist",
      format: "cjs",
      comments: false,
      entryFileNames: "[name].cjs",
      chunkFileNames: "parts/[name]-[hash].cjs",
      codeSplitting: { groups: [{ name: "shared", minShareCount: SHARED_BY }] },
    },
  }),
  bundleFastPath({
    ...FAST_PATH,
    entryPoints: { fob: "src/entry/fob.ts" },
    plugins: [waitingCrypto(), withoutPins(), withoutUnused(), withoutChip()],
    external: ["./main.cjs"],
  }),
  bundleFastPath({
    ...FAST_PATH,
    entryPoints: { held: "src/entry/held-answer.ts" },
    plugins: [withoutPins()],
  }),
]);

await cp(`${root}/shell`, `${root}/dist/shell`, { recursive: true });
await writeFile(`${root}/dist/LICENSES.txt`, await licenses(program));

// the help page is what the whole program says, so that the fast path need not load it to say the
// same
const { stdout, status } = spawnSync(process.execPath, [`${root}/dist/main.cjs`, "--help"], {
  env: { ...process.env, FOB_LANG: "en" },
  stdio: ["ignore", "pipe", "inherit"],
});
if (status !== 0) throw new Error("the program that was built shows no help");
await writeFile(`${root}/dist/help.txt`, stdout);

/**
 * The files of other kinds that the program has as texts.
 * @returns {import("rolldown").Plugin}
 */
function textFiles() {
  const isText = (/** @type {string} */ path) => /\.(?:bash|fish|ps1)$|[\\/]_[a-z]+$/.test(path);
  return {
    name: "text files",
    async load(path) {
      if (!isText(path)) return null;
      return {
        code: `export default ${JSON.stringify(await readFile(path, "utf8"))}`,
        moduleType: "js",
      };
    },
  };
}

/**
 * Commander can start a program for a command, which fob never asks of it: Node's module for that
 * would take longer to load than commander does.
 * @returns {import("rolldown").Plugin}
 */
function withoutSubprograms() {
  const nothing = "\0nothing";
  return {
    name: "without subprograms",
    resolveId(source, importer) {
      return source === "node:child_process" && /[\\/]commander[\\/]/.test(importer ?? "")
        ? nothing
        : null;
    },
    load(path) {
      return path === nothing ? "" : null;
    },
  };
}

/**
 * In the fast path node:crypto is loaded when one of its functions is called: it takes a tenth of a
 * start, and what an agent answers does not need it. Every function of node:crypto waits so; esbuild
 * leaves out those that the sources do not import, and refuses an import of anything else (a class,
 * a constant), which could not wait.
 * @returns {import("esbuild").Plugin}
 */
function waitingCrypto() {
  const contents = Object.entries(crypto)
    .filter(([name, value]) => typeof value === "function" && /^[a-z]/.test(name))
    .map(
      ([name]) =>
        `export let ${name} = (...a) => (${name} = require("node:crypto").${name})(...a);`,
    )
    .join("\n");
  return {
    name: "waiting crypto",
    setup(build) {
      build.onResolve({ filter: /^node:crypto$/ }, ({ namespace }) =>
        namespace === "crypto" ? { external: true } : { path: "node:crypto", namespace: "crypto" },
      );
      build.onLoad({ filter: /./, namespace: "crypto" }, () => ({ contents }));
    },
  };
}

/**
 * What computes with a TPM is in a file of its own, for the fast path of tokens that a TPM holds.
 * @returns {import("esbuild").Plugin}
 */
function withoutChip() {
  return {
    name: "without the chip",
    setup(build) {
      build.onResolve({ filter: /^\.\/held-answer\.ts$/ }, () => ({
        path: "./held.cjs",
        external: true,
      }));
    },
  };
}

/**
 * The fast path asks for no PIN: the whole program answers where one is needed. What checks PINs is
 * left out of it; a call of it fails, and the whole program answers then, too.
 * @returns {import("esbuild").Plugin}
 */
function withoutPins() {
  const contents = 'export function askToUse() { throw new Error("no PIN is asked for"); }';
  return {
    name: "without PINs",
    setup(build) {
      build.onResolve({ filter: /^#vault\/pins\/token-pin\.ts$/ }, ({ path }) => ({
        path,
        namespace: "pins",
      }));
      build.onLoad({ filter: /./, namespace: "pins" }, () => ({ contents }));
    },
  };
}

/**
 * A module of which the fast path uses nothing is left out of it: no module of ours does anything
 * but declare what it exports.
 * @returns {import("esbuild").Plugin}
 */
function withoutUnused() {
  const resolving = { isResolving: true };
  return {
    name: "without unused modules",
    setup(build) {
      build.onResolve({ filter: /^(?:#|\.\/).*\.ts$/ }, async ({ path, pluginData, ...given }) => {
        if (pluginData === resolving) return null;
        const found = await build.resolve(path, { ...given, pluginData: resolving });
        return { ...found, pluginData: undefined, sideEffects: false };
      });
    },
  };
}

/**
 * The licences of the packages whose code is in the files.
 * @param {import("rolldown").RolldownOutput} bundle
 */
async function licenses({ output }) {
  const modules = output.flatMap((file) => (file.type === "chunk" ? file.moduleIds : []));
  const folders = new Set(
    modules.flatMap(
      (path) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path.replaceAll("\\", "/")) ?? [],
    ),
  );
  const texts = [...folders].sort().map(async (folder) => {
    const file = (await readdir(folder)).find((name) => /^licen[cs]e/i.test(name));
    if (file === undefined) throw new Error(`${folder} has no licence`);
    return `${folder.replace(/^.*\/node_modules\//, "")}\n\n${(await readFile(join(folder, file), "utf8")).trim()}\n`;
  });
  return (await Promise.all(texts)).join(`\n${"-".repeat(80)}\n\n`);
}
