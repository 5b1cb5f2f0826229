// Makes what follows from the sources: completion scripts, man pages, and the file that translators
// copy. With --check it writes nothing, and fails when a file is not what it would be.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { LOADERS } from "./loaders.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const made = await makeDocuments();
const folders = ["completions", "man"];
const superfluous = folders.flatMap((folder) => filesIn(folder)).filter((path) => !made.has(path));
const stale = [...made.keys()].filter((path) => readOr(path, null) !== made.get(path));

if (!process.argv.includes("--check")) {
  for (const folder of [...folders, "messages"]) mkdirSync(join(root, folder), { recursive: true });
  for (const path of superfluous) rmSync(join(root, path));
  for (const path of stale) writeFileSync(join(root, path), made.get(path) ?? "");
} else if (stale.length + superfluous.length > 0) {
  console.error(
    `stale: ${[...stale, ...superfluous].join(", ")}\nnpm run generate makes them anew`,
  );
  process.exit(1);
}

/**
 * Every file that is made, by its path. The definitions are TypeScript, so they are bundled first.
 * @returns {Promise<Map<string, string>>}
 */
async function makeDocuments() {
  // beside the packages, so that those that are not bundled are found
  const folder = mkdtempSync(join(root, "node_modules/.generate-"));
  const outfile = join(folder, "documents.mjs");
  try {
    await build({
      absWorkingDir: root,
      entryPoints: ["scripts/documents.ts"],
      outfile,
      bundle: true,
      platform: "node",
      target: "node20.19",
      format: "esm",
      packages: "external",
      loader: LOADERS,
      logLevel: "warning",
    });
    const { documents } = await import(pathToFileURL(outfile).href);
    return new Map(await documents((/** @type {string} */ path) => readOr(path, ""), sources()));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The paths of the program's sources, but for the one that says what a text is. */
function sources() {
  const paths = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" });
  return paths
    .filter((path) => path.endsWith(".ts") && path !== "base/language.ts")
    .map((path) => `src/${path.replaceAll("\\", "/")}`);
}

/** @param {string} folder */
function filesIn(folder) {
  try {
    return readdirSync(join(root, folder)).map((name) => `${folder}/${name}`);
  } catch {
    // it is made for the first time
    return [];
  }
}

/**
 * @template T
 * @param {string} path
 * @param {T} otherwise
 */
function readOr(path, otherwise) {
  try {
    return readFileSync(join(root, path), "utf8");
  } catch {
    // it is made for the first time
    return otherwise;
  }
}
