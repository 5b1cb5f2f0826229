// Builds dist/, in CommonJS: Node's loader of ES modules takes a third of a bare start. The fast
// path is a small file for the command line, one for all passcodes, and one for each of what few
// command lines need. Everything else is in files that are loaded when they are needed; what most
// commands share is in one of them, because each file costs something, whatever is in it.
import crypto from "node:crypto";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { transform } from "esbuild";
import { build } from "rolldown";
import { importTypeScript } from "./import-typescript.mjs";
import { textsOf } from "./standalone/licenses.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const { version, dependencies } = JSON.parse(await readFile(`${root}/package.json`, "utf8"));
const target = "node20.19";
/** Stands for the hash of all built files until they are there. */
const BUILD = "build-0000000000000000";
const define = {
  FOB_VERSION: JSON.stringify(version),
  FOB_BUILD: JSON.stringify(BUILD),
  FOB_COMMANDS: JSON.stringify((await firstWords()).join(" ")),
};

/**
 * What people run every day. What these commands need is in one file, and what only others need is
 * not in it.
 */
const EVERYDAY = [
  "src/entry/program.ts",
  "src/entry/opening.ts",
  "src/vault/keys/open.ts",
  "src/commands/tokens/list.ts",
  "src/commands/tokens/show.ts",
  "src/commands/code/code.ts",
].map((path) => fileURLToPath(new URL(`../${path}`, import.meta.url)));

/**
 * From this number of commands on that use another module, it is in a file with the others such.
 */
const SHARED_BY = 10;

/** The modules of {@link EVERYDAY}, as soon as all modules are known. */
const everyday = new Set();

/** Who uses more of node:crypto than its functions. */
const AT_ONCE =
  /[\\/](?:hardware|lab|node_modules|dskpp[\\/]server-key|privacyidea-enrollment)(?:[\\/.]|$)/;

const OUTPUT = /** @type {const} */ ({ dir: "dist", format: "cjs", comments: false });

/** How the files of the fast path are bundled. */
const FAST_PATH = {
  cwd: root,
  platform: /** @type {const} */ ("node"),
  transform: { target, define },
  plugins: [waitingCrypto(), withoutPins(), lateImports(), plainExports(), asciiOnly()],
  treeshake: { moduleSideEffects: false },
};

await rm(`${root}/dist`, { recursive: true, force: true });
const [program] = await Promise.all([
  build({
    cwd: root,
    platform: "node",
    // what package.json does not depend on goes into the files
    // what is imported late is in one file with the rest where it is needed every day
    checks: { ineffectiveDynamicImport: false },
    external: Object.keys(dependencies).map((name) => new RegExp(`^${name}(?:/|$)`)),
    transform: { target, define },
    plugins: [
      textFiles(),
      withoutSubprograms(),
      waitingCrypto(),
      everydayModules(),
      lateImports(),
      plainExports(),
      asciiOnly(),
    ],
    input: {
      main: "src/entry/main.ts",
      "clear-clipboard": "src/entry/clear-clipboard.ts",
      "decode-picture": "src/entry/decode-picture.ts",
      "report-failure": "src/entry/report-failure.ts",
      "serve-agent": "src/entry/agent.ts",
    },
    output: {
      ...OUTPUT,
      entryFileNames: "[name].cjs",
      chunkFileNames: "parts/[name]-[hash].cjs",
      codeSplitting: {
        groups: [
          { name: "everyday", test: (path) => everyday.has(path), priority: 2 },
          { name: "shared", minShareCount: SHARED_BY, priority: 1 },
        ],
      },
    },
  }),
  build({
    ...FAST_PATH,
    input: { fob: "src/entry/fob.ts" },
    output: { ...OUTPUT, entryFileNames: "[name].cjs" },
  }),
  build({
    ...FAST_PATH,
    input: { answers: "src/entry/quick-answers.ts" },
    output: {
      ...OUTPUT,
      entryFileNames: "[name].cjs",
      chunkFileNames: "quick/[name].cjs",
      // what every passcode needs is in one file
      codeSplitting: { groups: [{ name: "answers", test: /quick-answers/ }] },
    },
  }),
]);

// it only passes the file on that everything is in
await rm(`${root}/dist/answers.cjs`);
await nameBuild();

await cp(`${root}/shell`, `${root}/dist/shell`, { recursive: true });
await writeFile(`${root}/dist/LICENSES.txt`, licenses(program));

// the help pages are what the whole program says, so that the fast path need not load it to say the
// same
const { helpPages } = await importTypeScript("scripts/help-pages.ts");
await mkdir(`${root}/dist/help`);
for (const [name, page] of await helpPages(version))
  await writeFile(`${root}/dist/help/${name}.txt`, page);

/** The first words of all commands. What loads a command is not called for that. */
async function firstWords() {
  const source = await readFile(`${root}/src/commands/commands.ts`, "utf8");
  const { code } = await transform(source, { loader: "ts" });
  const { COMMANDS } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  return [...new Set(Object.keys(COMMANDS).map((name) => name.split(" ")[0]))];
}

/** Compiled code of one build must not run for another one: its name has a hash of the files. */
async function nameBuild() {
  const hash = crypto.createHash("sha256");
  const names = (await readdir(`${root}/dist`, { recursive: true })).sort();
  for (const name of names.filter((one) => one.endsWith(".cjs")))
    hash.update(`${name}\0`).update(await readFile(`${root}/dist/${name}`));
  const path = `${root}/dist/fob.cjs`;
  const named = `build-${hash.digest("hex").slice(0, 16)}`;
  await writeFile(path, (await readFile(path, "utf8")).replaceAll(BUILD, named));
}

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
 * Finds the modules that the commands of every day are made of.
 * @returns {import("rolldown").Plugin}
 */
function everydayModules() {
  return {
    name: "everyday modules",
    buildEnd() {
      const waiting = [...EVERYDAY];
      for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
        const found = everyday.has(path) ? null : this.getModuleInfo(path);
        // what is not part of the program has no code
        if (!found?.code) continue;
        everyday.add(path);
        waiting.push(...found.importedIds);
      }
    },
  };
}

/**
 * Exports as plain values, at the end of each file: hundreds of functions that get them would be
 * made at each start. A variable that may change keeps its function.
 * @returns {import("rolldown").Plugin}
 */
function plainExports() {
  const got =
    /^Object\.defineProperty\(exports, "([$\w]+)", \{\n\tenumerable: true,\n\tget: function\(\) \{\n\t\treturn ([$\w]+);\n\t\}\n\}\);$/gm;
  return {
    name: "plain exports",
    generateBundle(_, files) {
      for (const file of Object.values(files)) {
        if (file.type !== "chunk") continue;
        const changing = new Set(
          [...file.code.matchAll(/^let ([$\w]+)/gm)].map(([, name]) => name),
        );
        file.code = file.code.replace(got, (text, name, value) =>
          changing.has(value) ? text : `exports.${name} = ${value};`,
        );
      }
    },
  };
}

/**
 * What is loaded late: modules of Node are required, because its loader of ES modules would be
 * loaded for them; packages are imported by the function that runs the file, where it has one,
 * because code that node:vm compiles may import nothing without a warning of Node 20.
 * @returns {import("rolldown").Plugin}
 */
function lateImports() {
  const late = /(?<![.\w$\\])import\((?=")/g;
  const importLate = [
    "function importLate(id) {",
    '  if (id.startsWith("node:")) return Promise.resolve(require(id));',
    "  return require.importPackage ? require.importPackage(id) : import(id);",
    "}",
  ].join("\n");
  return {
    name: "late imports",
    generateBundle(_, files) {
      for (const file of Object.values(files)) {
        if (file.type !== "chunk" || file.code.search(late) < 0) continue;
        file.code = `${file.code.replace(late, "importLate(")}\n${importLate}\n`;
      }
    },
  };
}

/**
 * Characters outside of ASCII as escapes: V8 keeps a file with a single one of them in twice the
 * memory, and compiles it more slowly. They stand in strings and patterns alone.
 * @returns {import("rolldown").Plugin}
 */
function asciiOnly() {
  const escaped = (/** @type {string} */ unit) =>
    `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return {
    name: "ASCII only",
    generateBundle(_, files) {
      for (const file of Object.values(files)) {
        if (file.type === "chunk") file.code = file.code.replace(/[^\0-\x7f]/g, escaped);
      }
    },
  };
}

/**
 * Loads node:crypto when one of its functions is called: it takes a tenth of a start, and neither
 * help nor a complaint needs it. Every function of node:crypto waits so; those that the sources do
 * not import are left out, and an import of anything else (a class, a constant) is refused, because
 * it could not wait.
 * @returns {import("rolldown").Plugin}
 */
function waitingCrypto() {
  const waiting = "\0waiting crypto";
  const code = Object.entries(crypto)
    .filter(([name, value]) => typeof value === "function" && /^[a-z]/.test(name))
    .map(
      ([name]) =>
        `export let ${name} = (...a) => (${name} = require("node:crypto").${name})(...a);`,
    )
    .join("\n");
  return {
    name: "waiting crypto",
    resolveId(source, importer = "") {
      if (source !== "node:crypto") return null;
      // these use classes and constants, or what promisify knows by itself; few commands load them
      const isAtOnce = importer === waiting || AT_ONCE.test(importer);
      return isAtOnce ? { id: source, external: true } : waiting;
    },
    load: (path) => (path === waiting ? code : null),
  };
}

/**
 * The fast path asks for no PIN: the whole program answers where one is needed. What checks PINs is
 * left out of it; a call of it fails, and the whole program answers then, too.
 * @returns {import("rolldown").Plugin}
 */
function withoutPins() {
  const pins = "\0pins";
  const code = 'export function askToUse() { throw new Error("no PIN is asked for"); }';
  return {
    name: "without PINs",
    resolveId: (source) => (source === "#vault/pins/token-pin.ts" ? pins : null),
    load: (path) => (path === pins ? code : null),
  };
}

/**
 * The licences of the packages whose code is in the files.
 * @param {import("rolldown").RolldownOutput} bundle
 */
function licenses({ output }) {
  const modules = output.flatMap((file) => (file.type === "chunk" ? file.moduleIds : []));
  const folders = new Set(
    modules.flatMap(
      (path) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path.replaceAll("\\", "/")) ?? [],
    ),
  );
  const texts = [...folders].sort().map((folder) => {
    const parts = textsOf(folder).map((part) => part.trim());
    return `${[folder.replace(/^.*\/node_modules\//, ""), ...parts].join("\n\n")}\n`;
  });
  return texts.join(`\n${"-".repeat(80)}\n\n`);
}
