// Says what each package that fob is installed with costs: how many packages, and how much of the
// disk, there would be less without it. Writes the table into ARCHITECTURE.md: `npm run costs`. It
// measures node_modules, so the packages are those of this platform.
import { existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { replaceBetween } from "./replace-between.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const DOCUMENT = join(root, "ARCHITECTURE.md");
const [BEGIN, END] = ["<!-- costs -->", "<!-- end of costs -->"];

/**
 * @typedef {{ readonly dependencies?: Record<string, string>, readonly optionalDependencies?:
 * Record<string, string> }} Locked
 */

/** @type {Record<string, Locked>} */
const locked = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
const own = Object.keys(locked[""]?.dependencies ?? {});

const all = reachable(own);
const rows = own
  .map((name) => {
    const others = reachable(own.filter((other) => other !== name));
    const alone = [...all].filter((path) => !others.has(path));
    return { name, count: alone.length, bytes: sizeOf(alone) };
  })
  .sort((a, b) => b.bytes - a.bytes);
const shared = [...all].filter(
  (path) => own.filter((name) => reachable([name]).has(path)).length > 1,
);
const lines = [
  "| package | packages with it | MB |",
  "| --- | --: | --: |",
  ...rows.map(({ name, count, bytes }) => `| ${name} | ${count} | ${megabytes(bytes)} |`),
  `| what several of them need | ${shared.length} | ${megabytes(sizeOf(shared))} |`,
  `| all | ${all.size} | ${megabytes(sizeOf([...all]))} |`,
];
const page = readFileSync(DOCUMENT, "utf8");
writeFileSync(DOCUMENT, replaceBetween(page, BEGIN, END, lines.join("\n")));
console.log(lines.join("\n"));

/**
 * The folders of these packages and of all that they need, as far as they are installed.
 * @param {readonly string[]} names
 */
function reachable(names) {
  /** @type {Set<string>} */
  const found = new Set();
  const waiting = names.flatMap((name) => placeOf("", name));
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (found.has(path)) continue;
    found.add(path);
    const { dependencies = {}, optionalDependencies = {} } = locked[path] ?? {};
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies }))
      waiting.push(...placeOf(path, name));
  }
  return found;
}

/**
 * Where Node finds a package from a folder: there, or in one above. Nowhere for one that is for
 * another platform.
 * @param {string} from
 * @param {string} name
 * @returns {readonly string[]}
 */
function placeOf(from, name) {
  for (let folder = from; ; folder = folder.slice(0, folder.lastIndexOf("node_modules"))) {
    const above = folder.replace(/\/$/, "");
    const path = `${above === "" ? "" : `${above}/`}node_modules/${name}`;
    if (existsSync(join(root, path))) return [path];
    if (above === "") return [];
  }
}

/** @param {readonly string[]} paths */
function sizeOf(paths) {
  return paths.reduce((sum, path) => sum + blocksOf(join(root, path)), 0);
}

/**
 * What a folder takes on the disk, without the packages in it, as `du` counts it.
 * @param {string} path
 * @returns {number}
 */
function blocksOf(path) {
  const stat = lstatSync(path);
  const own = (stat.blocks ?? Math.ceil(stat.size / 512)) * 512;
  if (!stat.isDirectory()) return own;
  const names = readdirSync(path).filter((name) => name !== "node_modules");
  return names.reduce((sum, name) => sum + blocksOf(join(path, name)), own);
}

/** @param {number} bytes */
function megabytes(bytes) {
  return (bytes / 2 ** 20).toFixed(1);
}
