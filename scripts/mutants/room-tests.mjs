import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";

/**
 * What a test file, or what it imports from test/, mentions when it runs a program that was built:
 * such a program knows nothing of a mutant, so that the file only costs time.
 */
const BUILT = /\bexeca\b|\besbuild\b|dist\/|bin\/fob/;

/** What Vitest can load; what is bundled with the program as a text is not among it. */
const LOADABLE = /\.(?:[cm]?[jt]s|json)$/;

/**
 * The test files, relative to `root`, that belong to these folders of `src/`, and run them in their
 * own process. Those of other rooms reach most files as well; they hold something else, and take
 * minutes.
 * @param {string} root @param {readonly string[]} folders `src/otp`, or single files
 * @returns {string[]}
 */
export function testsInProcess(root, folders) {
  const rooms = new Set(folders.map((folder) => folder.split("/")[1] ?? ""));
  const files = [...rooms].flatMap((room) => testsOf(root, room));
  return files.filter((file) => {
    const loaded = closureOf(root, file);
    if (!loaded.every((name) => LOADABLE.test(name))) return false;
    const own = loaded.filter((name) => name.startsWith("test"));
    if (own.some((name) => BUILT.test(readFileSync(join(root, name), "utf8")))) return false;
    return loaded.some((name) =>
      folders.some((folder) => name === folder || name.startsWith(join(folder, "/"))),
    );
  });
}

/**
 * The test files of a room.
 * @param {string} root @param {string} room @returns {string[]}
 */
function testsOf(root, room) {
  const folder = join("test", room);
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => join(folder, name));
}

/**
 * A file and what it imports of ours, directly or not.
 * @param {string} root @param {string} file @returns {string[]}
 */
function closureOf(root, file) {
  const found = new Set([file]);
  // what is added to a set is visited as well
  for (const name of found) {
    if (name.endsWith(".json") || !LOADABLE.test(name)) continue;
    for (const { fileName } of ts.preProcessFile(readFileSync(join(root, name), "utf8"))
      .importedFiles) {
      const imported = fileName.startsWith("#")
        ? join("src", fileName.slice(1))
        : join(dirname(name), fileName);
      if (/^[.#]/.test(fileName) && existsSync(join(root, imported))) found.add(imported);
    }
  }
  return [...found];
}
