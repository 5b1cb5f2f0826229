// Makes what follows from the definitions of commands and settings: completion scripts, man pages,
// the lists in schemas, the table of settings. With --check it writes nothing, and fails when a
// file is not what it would be.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { importTypeScript } from "./import-typescript.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const { documents } = await importTypeScript("scripts/documents.ts");
/** @type {Map<string, string>} Every file that is made, by its path. */
const made = new Map(
  await documents((/** @type {string} */ path) => readOr(path, ""), filesIn("schema")),
);
const folders = ["completions", "man"];
const superfluous = folders.flatMap((folder) => filesIn(folder)).filter((path) => !made.has(path));
const stale = [...made.keys()].filter((path) => readOr(path, null) !== made.get(path));

if (!process.argv.includes("--check")) {
  for (const folder of folders) mkdirSync(join(root, folder), { recursive: true });
  for (const path of superfluous) rmSync(join(root, path));
  for (const path of stale) writeFileSync(join(root, path), made.get(path) ?? "");
} else if (stale.length + superfluous.length > 0) {
  console.error(
    `stale: ${[...stale, ...superfluous].join(", ")}\nnpm run generate makes them anew`,
  );
  process.exit(1);
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
